"""Bytes to an element tree, and back: WBXML, XML, plain text syntax.

Knows tokens and limits. Knows neither what an element means nor where bytes come from. Begin at `codec.py`.
"""
