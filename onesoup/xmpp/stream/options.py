"""What all streams of a process share."""

from collections.abc import Callable
from dataclasses import dataclass, field

from onesoup.xmpp.stream.errors import NotStored
from onesoup.xmpp.stream.resolve import Resolver
from onesoup.xmpp.stream.salted import SaltedPasswords
from onesoup.xmpp.stream.tls import Tls


@dataclass(frozen=True)
class Options:
    """`address_allowed` is asked with each IP address that DNS named, before anything is sent there; static routes are exempt.

    `not_stored`: what `on_stanzas` raises when the store is out of reach, as opposed to a mistake of its own.
    """

    tls: Tls = field(default_factory=Tls)
    resolver: Resolver = field(default_factory=Resolver)
    derive: SaltedPasswords = field(default_factory=SaltedPasswords)
    address_allowed: Callable[[str], bool] | None = None
    not_stored: tuple[type[Exception], ...] = (NotStored, OSError)
    language: str = "en"
