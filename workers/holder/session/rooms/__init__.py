"""The rooms of one session: joining, what they say, invitations.

Begin at `table.py`.
"""
