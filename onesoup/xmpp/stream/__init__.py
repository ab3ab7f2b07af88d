"""The XMPP client stream. The holder's alone; xmpppy serves as stanza layer only."""

from onesoup.xmpp.stream.connect import probe_server
from onesoup.xmpp.stream.errors import NotStored, StreamFailure
from onesoup.xmpp.stream.options import Options
from onesoup.xmpp.stream.resolve import Resolver
from onesoup.xmpp.stream.sasl import PasswordProof
from onesoup.xmpp.stream.stream import Stream
from onesoup.xmpp.stream.stream_management import covers
from onesoup.xmpp.stream.tls import Tls

__all__ = ["NotStored", "Options", "PasswordProof", "Resolver", "Stream", "StreamFailure", "Tls", "covers", "probe_server"]
