"""The people of the demo, and their links in the account store, so that MD5 and SHA log-in works for them."""

from onesoup.settings import Settings
from onesoup.store.account.accounts import Accounts
from onesoup.store.account.keyring import KeyRing
from onesoup.store.redis.client import connect

DEMO_USERS = ("alice", "bob", "carol", "dave")
# Dave has no contacts: for trying out what a stranger sees.
DEMO_FRIENDS = ("alice", "bob", "carol")


def password(user: str) -> str:
    return f"{user}-secret"


def roster(user: str) -> dict[str, str]:
    """The contacts of a user: {user: name}."""
    return {friend: friend.title() for friend in DEMO_FRIENDS if friend != user} if user in DEMO_FRIENDS else {}


def link(settings: Settings) -> None:
    """Stores for each user that the phone's password and the XMPP account's are the same one. Encrypted, in Redis."""
    client = connect(settings.redis_url)
    try:
        accounts = Accounts(client, KeyRing.load(settings.keys_file))
        for user in DEMO_USERS:
            jid = f"{user}@{settings.domain}"
            accounts.link(jid, jid, password(user), password(user))
    finally:
        client.close()
