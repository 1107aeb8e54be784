"""All of nldissect; what of it is public is named in the modules above this package."""
