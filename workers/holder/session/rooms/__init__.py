"""The rooms of one session: which are joined, what their stanzas mean for the phone, commands about them, invitations.

Knows no session: each part is given what it needs. Begin at `session_rooms.py`, which builds the parts.
"""
