"""Log-in: digests, linked accounts, registration, and what guesses cost.

Asks a holder for the XMPP side. Begin at `access.py`.
"""
