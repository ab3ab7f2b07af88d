"""With ONESOUP_LOG_USERS=digest no line names a user, in whatever field or text it stands."""

import ast
import io
import json
import logging
import re
from pathlib import Path

import pytest
import structlog

from onesoup.observability import logs
from onesoup.observability.user_digest import USER_DIGEST, USER_NAMES, user_digest
from onesoup.settings import Settings, SettingsError, load_settings
from onesoup.store.account.keyring import KeyRing

ALICE = "alice@example.org"
ROOT = Path(__file__).resolve().parents[2]
LOG_CALL = re.compile(r"log\.(debug|info|warning|error|critical|exception)|log_bug|bugs_logged|tell")


@pytest.fixture
def ring(tmp_path):
    KeyRing.create(tmp_path / "keys")
    return KeyRing.load(tmp_path / "keys")


@pytest.fixture
def written(ring, tmp_path):
    """Starts the log with digests; gives a function that returns the one line that was written."""
    root, out = logging.getLogger(), io.StringIO()
    before, level = root.handlers[:], root.level
    logs.setup_logging(Settings(log_users="digest", keys_file=str(tmp_path / "keys")), "web", out)
    yield lambda: json.loads(out.getvalue())
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize("name", sorted(USER_NAMES))
def test_each_field_that_holds_a_user_is_a_digest(written, ring, name):
    structlog.get_logger().info("something", **{name: ALICE})
    assert written()[name] == user_digest(ring, ALICE)
    assert USER_DIGEST.fullmatch(written()[name])


def test_what_somebody_typed_is_a_digest_too(written, ring):
    structlog.get_logger().info("login", user="Alice with blanks")
    assert written()["user"] == user_digest(ring, "Alice with blanks")


def test_users_are_hidden_in_lists_objects_and_reasons(written, ring):
    digest = user_digest(ring, ALICE)
    structlog.get_logger().info(
        "something",
        to=[ALICE, f"{ALICE}/phone"],
        more={"jid": ALICE},
        reason=f"gone: <{ALICE}>, {ALICE}/x.",
        error=ValueError(ALICE),
    )
    line = written()
    assert (line["to"], line["more"]) == ([digest, digest], {"jid": digest})
    assert line["reason"] == f"gone: <{digest}>, {digest}/x."
    assert line["error"] == digest


def test_a_traceback_names_no_user(written, ring):
    try:
        raise ValueError(f"no roster of {ALICE}")
    except ValueError as error:
        structlog.get_logger().error("bug", exc_info=error)
    line = written()
    assert "alice" not in json.dumps(line)
    assert line["exception"].endswith(f"ValueError: no roster of {user_digest(ring, ALICE)}")


def test_lines_of_libraries_name_no_user(written, ring):
    logging.getLogger("gunicorn.error").warning("lost %s", ALICE)
    assert written()["event"] == f"lost {user_digest(ring, ALICE)}"


def test_a_url_with_a_password_stays_readable(written):
    structlog.get_logger().info("starting", url="redis://:***@127.0.0.1:6379/0")
    assert written()["url"] == "redis://:***@127.0.0.1:6379/0"


def test_a_digest_stays_a_digest(written):
    structlog.get_logger().info("again", user="u-0123456789ab")
    assert written()["user"] == "u-0123456789ab"


def test_a_new_key_changes_no_digest(ring, tmp_path):
    before = user_digest(ring, ALICE)
    KeyRing.offer_key(tmp_path / "keys")
    KeyRing.promote_key(tmp_path / "keys")
    assert user_digest(KeyRing.load(tmp_path / "keys"), ALICE) == before


def test_digests_need_the_key_ring():
    with pytest.raises(SettingsError, match="needs keys_file"):
        load_settings({"ONESOUP_LOG_USERS": "digest"})


def logged_fields():
    """(place, name, value) of every field that the sources give to a line of the log, as far as it is written out there."""
    paths = [path for folder in ("onesoup", "workers", "cir") for path in sorted((ROOT / folder).rglob("*.py"))]
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and LOG_CALL.fullmatch(ast.unparse(node.func)):
                named = [each for each in node.keywords if each.arg]
                yield from ((f"{path.name}:{node.lineno}", each.arg, ast.unparse(each.value)) for each in named)


def test_whatever_field_is_given_a_user_is_among_those_that_are_hidden():
    fields = list(logged_fields())
    assert len(fields) > 200
    users = [each for each in fields if re.search(r"\b(jid|user|account|owner|contact|sender|recipient)\b", each[2])]
    assert users
    assert [each for each in users if each[1] not in USER_NAMES and "hidden_number" not in each[2]] == []
