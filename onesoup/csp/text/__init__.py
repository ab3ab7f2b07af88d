"""Texts with a form of their own: addresses, numbers, languages, vCards.

Pure. Begin at `addresses.py`.
"""
