"""`onesoup accounts`: links made, listed and removed by an admin, and keys that are rotated while everybody stays logged in."""

import pytest
from click.testing import CliRunner

from onesoup.commands.accounts import accounts
from onesoup.csp.codec.generated_elements import KeepAliveRequest
from onesoup.store.account.keyring import KeyRing
from tests.support import in_redis
from tests.support.keys import add_key

ALICE = "alice@example.org"


@pytest.fixture
def run(services, holder, redis, tmp_path):
    """run("add", "alice", input=...) -> (exit status, output)."""
    holder.right = {(ALICE, "right"), ("real@xmpp.example.net", "right")}
    env = {
        "ONESOUP_REDIS_URL": redis.url,
        "ONESOUP_KEYS_FILE": str(tmp_path / "keys"),
        "ONESOUP_DOMAIN": "example.org",
        "ONESOUP_DOMAINS": "example.org,xmpp.example.net",
    }

    def go(*args: str, input: str = "", **more: str) -> tuple[int, str]:
        result = CliRunner().invoke(accounts, args, input=input, env=env | more)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, result.output

    return go


def test_a_link_is_added_listed_and_removed(run, services):
    assert run("list") == (0, "nobody has a phone password\n")
    code, told = run("add", "alice", "--stdin", "--number", "+358 40 1234567", input="right\nkeypad-77\n")
    assert (code, told) == (0, f"{ALICE} is linked to {ALICE} and to +358401234567\n")
    link = services.accounts.find(ALICE)
    assert (link.jid, link.password, link.phone_password, link.origin) == (ALICE, "right", "keypad-77", "admin")
    code, listed = run("list")
    assert listed.split("\t")[:3] == [ALICE, ALICE, "admin"]
    assert listed.endswith("\t+358401234567\n")
    assert "right" not in listed
    assert "keypad" not in listed
    assert run("remove", "wv:Alice") == (0, f"{ALICE} is forgotten\n")
    assert run("remove", "alice")[0] == 1
    assert run("list") == (0, "nobody has a phone password\n")


def test_a_password_is_made_and_shown_once(run, services):
    code, told = run("add", "alice", "--jid", "real@xmpp.example.net", "--stdin", input="right\n")
    link = services.accounts.find(ALICE)
    assert code == 0
    assert told.endswith(f"phone password: {link.phone_password}\n")
    assert link.jid == "real@xmpp.example.net"


def test_passwords_are_typed_without_an_echo(run, services, monkeypatch):
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _stdin: True)
    code, told = run("add", "alice", input="right\nkeypad-77\nkeypad-77\n")
    assert code == 0
    assert "right" not in told
    assert "keypad-77" not in told
    assert services.accounts.find(ALICE).phone_password == "keypad-77"


def test_a_pipe_is_read_with_stdin_only(run, services):
    code, told = run("add", "alice", input="right\nkeypad-77\n")
    assert (code, "--stdin" in told) == (1, True)
    assert services.accounts.find(ALICE) is None


@pytest.mark.parametrize(
    ("args", "input", "told"),
    [
        (("alice",), "wrong\nkeypad-77\n", "refuses alice@example.org: 409"),
        (("alice",), "right\nshort\n", "at least 6"),
        (("alice",), "right\nright\n", "at least 6"),
        (("alice@elsewhere.org",), "right\nkeypad-77\n", "domain not served here (domains: example.org, xmpp.example.net)"),
        (("alice", "--number", "hello"), "right\nkeypad-77\n", "not a phone number"),
    ],
)
def test_what_could_never_work_is_not_stored(run, services, args, input, told):
    code, output = run("add", *args, "--stdin", input=input)
    assert code == 1
    assert told in output
    assert services.accounts.find(ALICE) is None


def test_without_a_holder_it_is_stored_when_the_admin_says_so(run, services, holder):
    assert run("add", "alice", "--stdin", "--unchecked", input="later\nkeypad-77\n")[0] == 0
    assert services.accounts.find(ALICE).password == "later"
    assert holder.logins == []


def test_without_a_key_ring_or_redis_one_line_says_so(run):
    assert "ONESOUP_KEYS_FILE" in run("list", ONESOUP_KEYS_FILE="")[1]
    code, told = run("list", ONESOUP_REDIS_URL="redis://127.0.0.1:1/0")
    assert code == 3
    assert "Redis" in told


def test_a_new_key_seals_all_and_nobody_is_logged_out(run, services, holder, new_phone, tmp_path):
    """After the run the old key can be taken off the ring: nothing needs it any more."""
    run("add", "alice", "--stdin", input="right\nkeypad-77\n")
    phone = new_phone()
    phone.log_in("alice", "keypad-77")
    code, told = run("rotate", "--new-key")
    assert (code, told) == (0, "new key: k2\nsealed anew: 1 links, 1 sessions\n")
    assert run("rotate") == (0, "sealed anew: 0 links, 0 sessions\n")

    # Processes that loaded the ring before meet the new key, and go on.
    assert services.accounts.find(ALICE).phone_password == "keypad-77"
    assert phone.ask(KeepAliveRequest()).result.code == 200
    sealed, salted = in_redis.fields(services.sessions, phone.sid, ["cred", "salted"])
    assert salted is None, "the old key sealed it, and a holder can make it again"
    path = tmp_path / "keys"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    only_new = KeyRing.load(path)
    assert only_new.open(sealed, f"cred:{ALICE}") == b"right"
    assert type(services.accounts)(holder.client, only_new).find(ALICE).password == "right"


def test_records_whose_key_is_lost_are_told_and_do_not_stop_the_rest(run, services, holder):
    stranger = KeyRing([("k9", bytes(32))])
    type(services.accounts)(holder.client, stranger).link("bob@example.org", "bob@example.org", "x", "y")
    services.accounts.link(ALICE, ALICE, "right", "keypad-77")
    code, told = run("rotate", "--new-key")
    assert code == 1
    assert "sealed anew: 1 links" in told
    assert "1 records were sealed with a key that is not on the ring" in told
    assert "bob@example.org\t(cannot be opened" in run("list")[1]


def test_a_link_that_changes_meanwhile_is_left_alone(run, services, holder, tmp_path):
    services.accounts.link(ALICE, ALICE, "old", "keypad-77")
    add_key(tmp_path / "keys")
    late = type(services.accounts)(holder.client, KeyRing.load(tmp_path / "keys"))
    real = late._ring.reseal

    def slowly(stored, purpose):
        services.accounts.link(ALICE, ALICE, "newer", "keypad-77")
        return real(stored, purpose)

    late._ring.reseal = slowly
    assert not late.reseal(ALICE)
    assert services.accounts.find(ALICE).password == "newer"
