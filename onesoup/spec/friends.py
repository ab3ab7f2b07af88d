"""Makes the two accounts friends, and parts them again: only what was not there before is taken away."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from onesoup.csp.codec.generated_elements import CancelAuthRequest, PresenceAuthRequest, Status
from onesoup.phone.addresses import user_key
from onesoup.phone.contacts import ShownPresence
from onesoup.spec.scene import CLEAN_UP_ERRORS, Scene

if TYPE_CHECKING:
    from onesoup.spec.phone import SpecPhone


@dataclass
class Befriended:
    """`added_to` is the list that Bob was put on; empty when he stood on one already."""

    added_to: str
    session: str | None = None

    def see(self, scene: Scene) -> None:
        """Alice's session of now is subscribed, and has seen Bob online."""
        alice, bob = scene.alice, scene.bob
        if self.session != alice.session_id:
            alice.presences.clear()
            alice.subscribe([bob.address])
            answer_watcher(alice, bob)
            self.session = alice.session_id
        elif not bob_is_online(alice, bob):
            alice.until(lambda: bob_is_online(alice, bob), "Bob is not seen online")

    def part(self, scene: Scene) -> None:
        if self.added_to:
            with suppress(*CLEAN_UP_ERRORS):
                scene.alice.remove_contact(scene.bob.address, self.added_to)
            scene.bob.ask(CancelAuthRequest(user_id=scene.alice.address), Status)


def befriend(scene: Scene) -> Befriended:
    alice, bob = scene.alice, scene.bob
    for each in alice.get_lists():
        if any(user_key(contact.user) == user_key(bob.address) for contact in alice.list_contacts(each)):
            return Befriended("")
    alice.add_contact(bob.address, "Bob of the spec", alice.default_list)
    return Befriended(alice.default_list)


def answer_watcher(alice: SpecPhone, bob: SpecPhone) -> ShownPresence:
    """Bob lets Alice see him, if he is asked; Alice sees him online."""

    def seen() -> ShownPresence | None:
        if not (found := bob_is_online(alice, bob)):
            bob.run_once()
            for asked in [each for each in bob.news if isinstance(each, PresenceAuthRequest)]:
                bob.news.remove(asked)
                bob.decide(asked.user_id or alice.address, True)
        return found

    return alice.until(seen, "Bob is not seen online")


def bob_is_online(alice: SpecPhone, bob: SpecPhone) -> ShownPresence | None:
    shown = alice.presences.get(user_key(bob.address))
    return shown if shown is not None and shown.online else None
