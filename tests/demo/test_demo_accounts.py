"""The accounts of a demo: passwords that are kept, and links that leave alone what a user has chosen."""

import stat

import pytest

from onesoup.demo import accounts
from onesoup.demo.accounts import DEMO_USERS
from onesoup.settings import Settings
from onesoup.store.account.accounts import Accounts
from onesoup.store.account.keyring import KeyRing
from onesoup.store.redis.client import connect

ALICE = "alice@localhost"


@pytest.fixture
def settings(redis_server, tmp_path):
    KeyRing.create(tmp_path / "keys")
    client = connect(redis_server.url)
    client.flushall()
    client.close()
    return Settings(redis_url=redis_server.url, keys_file=str(tmp_path / "keys"))


@pytest.fixture
def store(settings):
    client = connect(settings.redis_url)
    yield Accounts(client, KeyRing.load(settings.keys_file))
    client.close()


def test_random_passwords_are_kept_for_their_owner_alone(tmp_path):
    first, new = accounts.random_passwords(tmp_path)
    assert new
    assert len(set(first.values())) == len(DEMO_USERS)
    (tmp_path / "passwords").chmod(0o644)
    assert accounts.random_passwords(tmp_path) == (first, False)
    assert stat.S_IMODE((tmp_path / "passwords").stat().st_mode) == 0o600


def test_a_file_that_was_cut_short_is_completed(tmp_path):
    first, _ = accounts.random_passwords(tmp_path)
    (tmp_path / "passwords").write_text(f"alice {first['alice']}\nbob\n")
    again, new = accounts.random_passwords(tmp_path)
    assert (again["alice"], new) == (first["alice"], True)
    assert set(again) == set(DEMO_USERS)


def test_a_phone_password_that_a_user_has_chosen_outlives_a_restart(settings, store):
    accounts.link(settings, accounts.simple_passwords())
    store.link(ALICE, ALICE, "alice-secret", "chosen77", origin="page")
    accounts.link(settings, accounts.simple_passwords())
    assert store.find(ALICE).phone_password == "chosen77"


def test_with_another_xmpp_password_nothing_of_before_logs_in(settings, store, tmp_path):
    accounts.link(settings, accounts.simple_passwords())
    passwords, _ = accounts.random_passwords(tmp_path)
    accounts.link(settings, passwords)
    assert {store.find(f"{user}@localhost").phone_password for user in DEMO_USERS} == set(passwords.values())


def test_links_that_no_key_opens_are_made_anew(settings, store, tmp_path):
    accounts.link(settings, accounts.simple_passwords())
    (tmp_path / "keys").unlink()
    KeyRing.create(tmp_path / "keys")
    accounts.link(settings, accounts.simple_passwords())
    assert Accounts(store._client, KeyRing.load(settings.keys_file)).find(ALICE).phone_password == "alice-secret"
