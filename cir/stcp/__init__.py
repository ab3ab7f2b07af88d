"""STCP: phones keep a line, and it writes WVCI on it.

Begin at `protocol.py`.
"""
