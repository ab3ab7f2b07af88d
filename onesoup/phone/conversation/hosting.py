"""The accounts of a script on a stack of our own, with their rosters and their links for digest log-in."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from onesoup.demo.stack import Stack
from onesoup.phone.conversation.script import ConversationScript, ScriptPerson
from onesoup.store.account.accounts import Accounts
from onesoup.store.account.keyring import KeyRing
from onesoup.store.redis.client import connect


def people(script: ConversationScript, passwords: Mapping[str, str]) -> list[ScriptPerson]:
    """The accounts of `given` with the passwords that they have on the server, as far as they differ."""
    return [replace(person, password=passwords.get(person.user, person.password)) for person in script.people()]


def prepare(stack: Stack, persons: Iterable[ScriptPerson], linked: bool = True) -> None:
    """Accounts that are there already keep their passwords and rosters; links are made anew, where wanted. The stack runs."""
    persons = list(persons)
    for person in persons:
        stack.prosody.add_account(person.user, person.password, person.roster)
    if linked:
        _link(stack, persons)


def _link(stack: Stack, persons: Iterable[ScriptPerson]) -> None:
    client = connect(stack.redis.url)
    try:
        accounts = Accounts(client, KeyRing.load(stack.keys_file))
        for person in persons:
            accounts.link(person.jid, person.jid, person.password, person.password)
    finally:
        client.close()
