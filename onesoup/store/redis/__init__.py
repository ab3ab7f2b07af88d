"""The connection to Redis: clients, Sentinel, cluster, pub/sub, msgpack.

Knows no key. Begin at `client.py`.
"""
