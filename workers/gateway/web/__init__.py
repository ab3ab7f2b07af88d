"""The web pages of the gateway: what a browser sees where phones post their requests.

Owns templates, forms, and the headers that keep pages safe. Refuses to know XMPP and Redis: handlers and stores are asked. Begin
with `rendering.py`, then `landing.py`."""
