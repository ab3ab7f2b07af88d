"""Listeners that strangers can reach: HTTP requests from bytes, the budget of a connection, the WSGI server.

Knows nothing of CSP, Redis or XMPP. The gateway, the CIR process and the admin port use it."""
