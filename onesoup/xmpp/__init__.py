"""Stanzas to what a phone is told, and back (docs/protocol/xmpp-mapping.md).

Pure. The stream is apart, in `stream`. Begin at `messages.py`.
"""
