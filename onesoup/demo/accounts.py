"""The people of the demo: their names, their passwords, and their links in the account store, so that MD5 and SHA log-in works.

The simple passwords are known to everybody. They are for a demo that this machine alone can reach; any other demo has random
ones, which are kept in a file of its owner.
"""

from collections.abc import Mapping
from pathlib import Path

from onesoup.demo.process import write_private
from onesoup.handlers.login.linking import easy_phone_password
from onesoup.settings import Settings
from onesoup.store.account.accounts import Accounts
from onesoup.store.account.keyring import KeyRing, KeyRingError
from onesoup.store.redis.client import connect

DEMO_USERS = ("alice", "bob", "carol", "dave")
# Dave has no contacts of his own: for trying out what a stranger sees.
DEMO_FRIENDS = ("alice", "bob", "carol")
# Where one person alone can try: a user who answers with what one writes, and a room with a sentence in it.
ECHO, LOBBY = "echo", "lobby"
PASSWORD_FILE = "passwords"


def password(user: str) -> str:
    """The simple one."""
    return f"{user}-secret"


def simple_passwords() -> dict[str, str]:
    return {user: password(user) for user in DEMO_USERS}


def random_passwords(directory: Path) -> tuple[dict[str, str], bool]:
    """Passwords that nobody can guess and number keys type easily, and whether any of them is new. Kept for the next start."""
    path = directory / PASSWORD_FILE
    kept = read_passwords(path)
    passwords = {user: kept.get(user) or easy_phone_password() for user in DEMO_USERS}
    if passwords != kept:
        write_private(path, "".join(f"{user} {word}\n" for user, word in passwords.items()))
    else:
        path.chmod(0o600)
    return passwords, passwords != kept


def read_passwords(path: Path) -> dict[str, str]:
    """{user: password} of a file, empty where there is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pairs = (line.split() for line in lines)
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def roster(user: str) -> dict[str, str]:
    """The contacts of a user: {user: name}."""
    return {friend: friend.title() for friend in DEMO_FRIENDS if friend != user} if user in DEMO_FRIENDS else {}


def link(settings: Settings, passwords: Mapping[str, str]) -> None:
    """Stores for each user that the phone's password and the XMPP account's are the same one. Encrypted, in Redis. What a user
    has chosen on the account page stays, while it goes with this XMPP password."""
    client = connect(settings.redis_url)
    try:
        accounts = Accounts(client, KeyRing.load(settings.keys_file))
        for user, word in passwords.items():
            jid = f"{user}@{settings.domain}"
            if _linked_password(accounts, jid) != word:
                accounts.link(jid, jid, word, word)
    finally:
        client.close()


def _linked_password(accounts: Accounts, jid: str) -> str | None:
    try:
        found = accounts.find(jid)
    except KeyRingError:
        return None
    return found.password if found and found.jid == jid else None
