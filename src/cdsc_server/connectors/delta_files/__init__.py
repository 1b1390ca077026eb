"""Delta files as they are written: CSV, JSON Lines and Parquet, read block by block."""
