"""onesoup: an IMPS (Wireless Village) gateway that lets feature phones chat over XMPP."""

__version__ = "0.1.0"
