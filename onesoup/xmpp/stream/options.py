"""What all streams of a process share."""

from collections.abc import Callable
from dataclasses import dataclass, field

from onesoup.runtime.spare_greenlets import SpareGreenlets
from onesoup.xmpp.stream.errors import NotStored, StreamFailure
from onesoup.xmpp.stream.feature_cache import Past
from onesoup.xmpp.stream.keepalive import Watch
from onesoup.xmpp.stream.login_tokens import TokenMemory
from onesoup.xmpp.stream.resolve import Resolver
from onesoup.xmpp.stream.sasl import Forgetful, Known
from onesoup.xmpp.stream.scram_cache import SaltedPasswords
from onesoup.xmpp.stream.tls import Tls


@dataclass(frozen=True)
class Options:
    """`watch` knows all open streams; somebody gives it its turns.

    `address_allowed` is asked with (XMPP domain, IP address, port) before anything is sent there; static routes are exempt.

    `tokens`: where tokens of servers are kept that have such (XEP-0484); None asks for none.

    `tried` hears of each try to make a stream: the XMPP domain, and the failure or None.

    `not_stored`: what `on_stanzas` raises when the store is out of reach, as opposed to a mistake of its own.
    """

    tls: Tls = field(default_factory=Tls)
    resolver: Resolver = field(default_factory=Resolver)
    derive: SaltedPasswords = field(default_factory=SaltedPasswords)
    known: Known = field(default_factory=Forgetful)
    past: Past = field(default_factory=Past)
    tokens: TokenMemory | None = None
    watch: Watch = field(default_factory=Watch)
    readers: SpareGreenlets = field(default_factory=SpareGreenlets)
    address_allowed: Callable[[str, str, int], bool] | None = None
    tried: Callable[[str, StreamFailure | None], object] = lambda _domain, _failure: None
    not_stored: tuple[type[Exception], ...] = (NotStored, OSError)
    language: str = "en"
