"""onesoup: an IMPS (Wireless Village) gateway that lets feature phones chat over XMPP."""

__version__ = "1.0.0"
