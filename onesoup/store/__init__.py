"""Every Redis key, with its expiry, its limits, its Lua script and its record.

Knows no rule of the protocol and no XML. No Redis field name leaves it in new code. Begin at `keys.py`, then `bounds.py`.
"""
