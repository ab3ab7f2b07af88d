"""Groups, their members and invitations, over XMPP rooms.

Asks a holder for everything that a room must answer. Begin at `groups.py`.
"""
