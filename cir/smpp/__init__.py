"""SMPP 3.4, as far as a client of an SMSC needs it.

Begin at `pdus.py`.
"""
