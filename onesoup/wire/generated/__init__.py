"""Token tables as data, written by tools/make_tables.py from tables/*.tsv."""
