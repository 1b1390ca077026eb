"""
Usage as files of other programs: Green Button (NAESB ESPI in Atom), CSV, Parquet.

Each is made of the segments and columns that the JSON listing would show, a segment at a time, and shows no more.
`atom.py` and `interval_blocks.py` write Green Button, `table.py` the rows that `csv_table.py` and `parquet.py` hold;
`formats.py` knows all of them by their media types.
"""
