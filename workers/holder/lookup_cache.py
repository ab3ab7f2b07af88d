"""What all sessions of a holder have fetched of contacts together: pictures made fit for phones, and what clients are."""

from collections import OrderedDict
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from gevent.lock import BoundedSemaphore

from onesoup.store.pictures import ScaledPictures

# There are some hundreds of clients in the world.
MAX_CLIENT_NAMES = 5000


class ClientKinds(OrderedDict[str, str]):
    """Name of a client (XEP-0115) -> the phone's word for it. The oldest goes when there are too many."""

    def __setitem__(self, name: str, kind: str) -> None:
        super().__setitem__(name, kind)
        if len(self) > MAX_CLIENT_NAMES:
            self.popitem(last=False)


@dataclass(slots=True)
class LookupCache:
    """One for a holder."""

    pictures: ScaledPictures
    kinds: ClientKinds = field(default_factory=ClientKinds)
    # By the name of a picture, held while it is made: it is made once, and the other sessions find it.
    making: MutableMapping[str, BoundedSemaphore] = field(default_factory=WeakValueDictionary)
