"""A new key comes in two steps, and what is derived from the oldest key stays as it is through both."""

import base64
from pathlib import Path

import pytest

from onesoup.store.account.keyring import KeyRing, KeyRingError


def line(kid: str, fill: int) -> str:
    return f"{kid}:{base64.b64encode(bytes([fill]) * 32).decode()}\n"


def kids(path: Path) -> list[str]:
    return [each.partition(":")[0] for each in path.read_text().split()]


@pytest.mark.parametrize(
    ("before", "offered", "promoted"),
    [
        (["k1"], ["k1", "k2"], ["k2", "k1"]),
        (["k2", "k1"], ["k2", "k3", "k1"], ["k3", "k2", "k1"]),
        (["main"], ["main", "k1"], ["k1", "main"]),
        (["k7", "old"], ["k7", "k8", "old"], ["k8", "k7", "old"]),
        (["b", "a"], ["b", "k1", "a"], ["k1", "b", "a"]),
    ],
)
def test_a_new_key_stands_second_and_then_on_top(tmp_path, before, offered, promoted):
    path = tmp_path / "keys"
    path.write_text("".join(line(kid, number) for number, kid in enumerate(before, 1)))
    path.chmod(0o640)
    first = KeyRing.load(path)
    digest, sealed = first.digest("a", "b"), first.seal(b"x", "p")

    new = KeyRing.offer_key(path)
    assert kids(path) == offered
    assert KeyRing.offer_key(path) == new, "one that waits is taken"
    waiting = KeyRing.load(path)
    assert waiting.is_newest(waiting.seal(b"y", "p"))
    assert waiting.is_newest(sealed), "nothing is sealed with the new one yet"

    assert KeyRing.promote_key(path) == new
    assert kids(path) == promoted
    ring = KeyRing.load(path)
    assert ring.seal(b"y", "p").startswith(f"v1.{new}.".encode())
    assert waiting.open(ring.seal(b"y", "p"), "p") == b"y", "who knew it while it waited can open it"
    assert first.digest("a", "b") == waiting.digest("a", "b") == ring.digest("a", "b") == digest
    assert ring.open(sealed, "p") == b"x"
    assert KeyRing.promote_key(path) == new, "nothing waits"
    assert path.stat().st_mode & 0o777 == 0o640


def test_an_older_key_behind_the_first_does_not_wait(tmp_path):
    path = tmp_path / "keys"
    path.write_text(line("k3", 3) + line("k2", 2) + line("k1", 1))
    assert KeyRing.promote_key(path) == "k3"
    assert KeyRing.offer_key(path) == "k4"


def test_keys_are_known_by_name_and_fingerprint(tmp_path):
    one, two = KeyRing([("k1", bytes(32))]), KeyRing([("k1", bytes([1]) * 32)])
    assert [each.partition(":")[0] for each in one.known()] == ["k1"]
    assert one.known() != two.known()
    assert len(one.known()[0]) == len("k1:") + 8
    assert bytes(32).hex()[:8] not in one.known()[0]


def test_an_empty_file_is_no_ring_to_add_to(tmp_path):
    (tmp_path / "keys").write_text("")
    for change in (KeyRing.offer_key, KeyRing.promote_key):
        with pytest.raises(KeyRingError):
            change(tmp_path / "keys")
