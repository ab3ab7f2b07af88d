"""The accounts of a town in the XMPP servers' own files: seconds, where registrations would take hours.

`python -m bench.scale.accounts JSON` writes a part of them, so that all cores can."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.scale.town import DOMAINS, PHONE_PASSWORD, Town
from onesoup.demo.ejabberd import Ejabberd, find_ejabberd
from onesoup.demo.process import ProcessError, write_private
from onesoup.demo.prosody_files import ProsodyFiles, scram_keys
from onesoup.demo.servers import Prosody

# The least that RFC 7677 allows, and what ejabberd takes; Prosody would take 10,000. Each account has a salt of its own.
SCRAM_ITERATIONS = 4096
ERLANG_MODULE = "scale_accounts"
IMPORT_SECONDS = 120.0


def write_accounts(town: Town, servers: Sequence[Prosody | Ejabberd]) -> None:
    """Before the servers start; ejabberd then takes them in while it starts."""
    parts = os.cpu_count() or 1
    places = {each.domain: [type(each).__name__, str(each.dir)] for each in servers}
    plans = [{"phones": town.phones, "places": places, "part": part, "parts": parts} for part in range(parts)]
    writers = [subprocess.Popen([sys.executable, "-m", "bench.scale.accounts", json.dumps(plan)]) for plan in plans]
    statuses = [each.wait() for each in writers]
    if any(statuses):
        raise ProcessError("accounts could not be written")
    for each in servers:
        if isinstance(each, Ejabberd):
            _prepare_import(each, parts)


def wait_for_accounts(servers: Sequence[Prosody | Ejabberd]) -> None:
    """Until servers that are up have taken them in."""
    for each in servers:
        if isinstance(each, Ejabberd):
            each.process.wait_until(lambda done=each.dir / "accounts.done": done.exists(), IMPORT_SECONDS)  # type: ignore[misc]


def _prepare_import(server: Ejabberd, parts: int) -> None:
    """Lets its Erlang read the accounts (scale_accounts.erl)."""
    source = Path(__file__).with_name(f"{ERLANG_MODULE}.erl")
    subprocess.run(["erlc", "-o", str(server.dir), str(source)], check=True, env=os.environ | {"ERL_LIBS": str(find_ejabberd())})
    texts = [(server.dir / f"accounts-{part}").read_text(encoding="utf-8") for part in range(parts)]
    write_private(server.dir / "accounts", "".join(texts))
    server.process.argv += ["-s", ERLANG_MODULE, "-pa", str(server.dir), f"-{ERLANG_MODULE}", str(server.dir / "accounts")]


def _write(given: Mapping[str, object]) -> None:
    """The accounts of one part, in the form of each server."""
    town, part, parts = Town(given["phones"]), given["part"], given["parts"]  # type: ignore[arg-type]
    lines: dict[str, list[str]] = {domain: [] for domain in DOMAINS}
    places: Mapping[str, tuple[str, str]] = given["places"]  # type: ignore[assignment]
    for jid, contacts in list(town.accounts())[part::parts]:  # type: ignore[misc]
        user, _, domain = jid.partition("@")
        kind, place = places[domain]
        if kind == Prosody.__name__:
            roster = {contact: contact.partition("@")[0].title() for contact in contacts}
            files = ProsodyFiles(Path(place, "data"), domain)
            files.add_hashed_account(user, PHONE_PASSWORD, SCRAM_ITERATIONS, roster)
        else:
            lines[domain].append(_line(user, domain, contacts))
    for domain, (kind, place) in places.items():
        if kind == Ejabberd.__name__:
            write_private(Path(place, f"accounts-{part}"), "".join(lines[domain]))


def _line(user: str, domain: str, contacts: Sequence[str]) -> str:
    salt = f"salt-of-{user}@{domain}".encode()
    keys = [base64.b64encode(each).decode() for each in (*scram_keys(PHONE_PASSWORD, salt, SCRAM_ITERATIONS), salt)]
    return "\t".join([user, domain, *keys, str(SCRAM_ITERATIONS), *contacts]) + "\n"


if __name__ == "__main__":
    _write(json.loads(sys.argv[1]))
