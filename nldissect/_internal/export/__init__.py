"""Messages as rows of tables: what they are made of, and Arrow, Parquet and DuckDB of them."""
