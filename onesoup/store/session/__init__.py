"""What Redis keeps of one session: workers and holders each have their side, the inbox is between them.

Ends with the session. Begin at `inbox.py`.
"""
