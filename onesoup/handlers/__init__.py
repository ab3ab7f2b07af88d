"""One module for a feature area: a request primitive in, an answer primitive out, through store and holder.

Knows no bytes and no Falcon objects. Never imports an XMPP stream. Begin at `dispatch.py`.
"""
