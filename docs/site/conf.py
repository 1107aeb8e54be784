"""How sphinx builds the site; docs/site/make lays out what it reads."""

project = "nldissect"
author = "nldissect contributors"
copyright = "nldissect contributors, MIT licence"
html_title = "nldissect"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["docs/man/*", "docs/site/*"]
html_theme = "furo"
html_theme_options = {
    "source_repository": "https://github.com/nldissect/nldissect/",
    "source_branch": "main",
    "source_directory": "",
}
html_show_sphinx = False
html_copy_source = False
# Anchors as GitHub makes them, so that links hold in both places, and are checked.
myst_heading_anchors = 4
suppress_warnings = [
    "myst.header",  # a page may go from # to ###
    "misc.highlighting_failure",  # examples may be cut by ...
]
