"""Pictures made fit for a phone, in bounded memory.

Knows no XMPP and no Redis. Begin at `fit.py`.
"""
