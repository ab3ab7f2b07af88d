"""The protocol: typed primitives, sessions, addresses and rules, as values and pure functions.

No I/O: time, ids and secrets are arguments. Knows no Redis, no HTTP and no XMPP. Begin at `session.py`, then `transactions.py`.
"""
