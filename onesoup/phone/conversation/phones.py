"""The XMPP side where slixmpp is not installed: friends on phones of their own, over the same server. Presence and messages
in both directions; no subscriptions, receipts or rosters."""

import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from onesoup.phone.conversation.backend import SETTLE_SECONDS, UnknownSentence, sentences
from onesoup.phone.conversation.friend_clients import EVENT_TIMEOUT_SECONDS, BackendFailed
from onesoup.phone.conversation.script import ScriptPerson
from onesoup.phone.engine import Phone
from onesoup.phone.errors import PhoneError

_STATES = {"available": "AVAILABLE", "away": "NOT_AVAILABLE", "dnd": "DISCREET"}
_SENDS = re.compile(r"(\w[\w.-]*)(?:@\S+)? sends '(.*)' to (\w[\w.-]*)(?:@\S+)?")
_BECOMES = re.compile(r"(\w[\w.-]*)(?:@\S+)? (?:is|becomes|goes) (available|away|dnd)(?: with status '(.*)')?")
_RECEIVES = re.compile(r"(\w[\w.-]*)(?:@\S+)? receives(?: exactly)? '(.*)'(?: once)?")
_SEES = re.compile(r"(\w[\w.-]*)(?:@\S+)? sees (\w[\w.-]*)(?:@\S+)? (available|away|dnd)(?: with status '(.*)')?")
_NO_MORE = re.compile(r"(\w[\w.-]*)(?:@\S+)? receives nothing more")
_NOTED = ("available presence is sent to the XMPP server", "the MessageID is that of the first answer")


class PhoneFriends:
    """In place of `backend.Backend`."""

    def __init__(self, url: str, people: Mapping[str, ScriptPerson]) -> None:
        self._url, self._people, self._phones = url, people, dict[str, Phone]()
        self.sent_at = 0.0

    def start(self) -> None:
        for person in self._people.values():
            if person.online:
                self._phone(person.user)

    def act(self, text: str) -> None:
        for sentence in sentences(text):
            if found := _SENDS.fullmatch(sentence):
                self.sent_at = time.time()
                self._phone(found[1]).send(f"wv:{self._people[found[3]].jid}", found[2])
            elif found := _BECOMES.fullmatch(sentence):
                self._phone(found[1]).update_presence(_STATES[found[2]], found[3])
            else:
                raise UnknownSentence(f"{sentence} (without slixmpp, friends are phones, which cannot do that)")

    def expect(self, text: str) -> None:
        for sentence in sentences(text):
            if found := _RECEIVES.fullmatch(sentence):
                self._hear(found[1], found[2])
            elif found := _SEES.fullmatch(sentence):
                self._see(found[1], found[2], found[3], found[4])
            elif found := _NO_MORE.fullmatch(sentence):
                time.sleep(SETTLE_SECONDS)
            elif sentence not in _NOTED:
                raise UnknownSentence(f"{sentence} (without slixmpp, friends are phones, which cannot see that)")

    def close(self) -> None:
        for phone in self._phones.values():
            with suppress(PhoneError):
                phone.logout()
            phone.close()

    def _phone(self, name: str) -> Phone:
        if name not in self._phones:
            person = self._people[name]
            self._phones[name] = Phone(self._url, person.jid, person.password, way="plain").start()
            self._phones[name].update_presence("AVAILABLE")
        return self._phones[name]

    def _hear(self, name: str, text: str) -> None:
        phone = self._phone(name)
        if not self._until(phone, lambda: any(each.text == text for each in phone.inbox)):
            raise BackendFailed(f"{name} receives {text!r}: came {[each.text for each in phone.inbox]}")
        phone.inbox[:] = [each for each in phone.inbox if each.text != text]

    def _see(self, name: str, whom: str, state: str, status: str | None) -> None:
        phone, user = self._phone(name), f"wv:{self._people[whom].jid}"

        def seen() -> bool:
            shown = phone.presences.get(user)
            good = shown is not None and shown.online and shown.availability == _STATES[state]
            return good and (status is None or (shown is not None and (shown.text or "") == status))

        if not self._until(phone, seen):
            raise BackendFailed(f"{name} sees {whom} {state}: came {phone.presences.get(user)}")

    def _until(self, phone: Phone, wanted: Callable[[], bool]) -> bool:
        """Polls until it is so; whether it is, in time."""
        end = time.monotonic() + EVENT_TIMEOUT_SECONDS
        while not wanted():
            if time.monotonic() > end:
                return False
            if not phone.run_once():
                time.sleep(0.1)
        return True
