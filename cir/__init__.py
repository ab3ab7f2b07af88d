"""Wakes phones: STCP lines, UDP, HTTP, WAP push and SMS, and which of them when (docs/protocol/cir.md).

Never reads a message. Begin at `process.py`, then `bearer_policy.py`.
"""
