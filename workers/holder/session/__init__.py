"""The XMPP side of one session: its stream, what comes in, the outbox, presence, rooms.

What is kept in memory can be lost at any time: Redis has the truth. Begin at `session.py`.
"""
