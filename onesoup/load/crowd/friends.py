"""XMPP clients among a crowd: they write to its phones and read what these write. Each is a `Friend`, in greenlets."""

import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from xml.etree.ElementTree import ParseError

import gevent

from onesoup.load.crowd.plan import CrowdFriendsPlan
from onesoup.load.crowd.site import CrowdSite
from onesoup.load.friend import Friend, FriendError

FRIEND_START_SECONDS = 5.0


class CrowdFriends:
    """All XMPP clients of one process. `writing` says whether they write."""

    def __init__(self, plan: CrowdFriendsPlan, site: CrowdSite, phones: Sequence[int]) -> None:
        """`phones` are those to whom they write."""
        self._site, self._phones = site, phones
        self.friends = [self._friend(plan, jid) for jid in plan.jids]
        self.writing = False

    def _friend(self, plan: CrowdFriendsPlan, jid: str) -> Friend:
        name, _, domain = jid.partition("@")
        hears, taken = self._hears(name), self._site.books.acknowledge
        return Friend(name, jid, plan.password, plan.servers[domain], plan.ca_file, hears, taken)  # type: ignore[arg-type]

    def _hears(self, name: str) -> Callable[[str, str, str], None]:
        """An XMPP client does not acknowledge by itself: whatever it sees a second time is doubled."""

        def hears(_sender: str, text: str, message_id: str) -> None:
            now = time.monotonic()
            seen = self._site.books.see(name, text, message_id, now)
            if seen is not None:
                self._site.last_message = now
                self._site.figures.counts["received"] += seen[2]
                self._site.books.close(seen[0], message_id)

        return hears

    def start(self) -> None:
        """Returns when all are online."""
        gevent.joinall([gevent.spawn(self._start, friend) for friend in self.friends])
        for friend in self.friends:
            gevent.spawn(self._writes, friend, random.Random(friend.jid))

    def _start(self, friend: Friend) -> None:
        while True:
            try:
                friend.start()
                return
            except (OSError, ValueError, FriendError, ParseError) as error:
                self._site.figures.failed("friend", str(error)[:60])
                gevent.sleep(FRIEND_START_SECONDS)

    def _writes(self, friend: Friend, dice: random.Random) -> None:
        rate = self._site.plan.rates.get("friends", 0.0) / 3600
        planned = time.monotonic()
        while rate:
            planned = max(planned + dice.expovariate(rate), time.monotonic())
            gevent.sleep(max(planned - time.monotonic(), 0.0))
            if self.writing and friend.online:
                self._write(friend, dice.choice(self._phones))

    def _write(self, friend: Friend, number: int) -> None:
        plan = self._site.plan
        name, text = self._site.books.write(friend.name, plan.user(number), time.monotonic())
        self._site.figures.counts["sent"] += 1
        with suppress(OSError):
            friend.send(plan.jid(number), text, name)

    def close(self) -> None:
        for friend in self.friends:
            friend.close()
