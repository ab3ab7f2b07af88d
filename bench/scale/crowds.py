"""The generator: processes of `onesoup.load.crowd`, each with a share of the phones. Commands go to all at once."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import gevent

from bench.parts import REPOSITORY
from bench.scale.site import Site
from bench.scale.town import DOMAINS, PHONE_PASSWORD, XMPP_PART, CrowdShare
from onesoup.demo.process import die_with_parent

Line = dict[str, Any]
STOP_SECONDS = 10.0


class CrowdError(RuntimeError):
    """A process of the generator ended, or did not do what it was told in time."""


class CrowdProcess:
    """One process. `hears` is called with each line of figures."""

    def __init__(self, site: Site, share: CrowdShare, hears: Callable[[str, Line], None]) -> None:
        self.share, self._hears = share, hears
        self.ledger = site.dir / f"{share.name}.ledger"
        self._log = site.dir / "logs" / f"{share.name}.log"
        self.done: dict[str, Line] = {}
        plan = site.dir / f"{share.name}.json"
        plan.write_text(json.dumps(self._plan(site)), encoding="utf-8")
        parent = os.getpid()
        with self._log.open("wb") as log:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "onesoup.load.crowd", str(plan)],
                cwd=REPOSITORY,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(parent),
            )
        self._reader = gevent.spawn(self._read)

    @property
    def pid(self) -> int:
        return self._child.pid

    def _plan(self, site: Site) -> Line:
        share, town = self.share, site.town
        sleep, count = share.bearers["sms"] > 0, share.last - share.first + 1
        rates = town.rates()
        return {
            "name": share.name,
            "url": site.stack.url,
            "addresses": share.addresses(),
            "stcp": None,
            "domains": DOMAINS,
            "phones": [share.first, share.last],
            "total": town.phones,
            "password": PHONE_PASSWORD,
            "bearers": share.bearers,
            "sms_listen": site.sms_port if sleep else 0,
            "to_friends": XMPP_PART,
            "rates": rates | {"friends": rates["from_xmpp"] * count / len(share.friends())},
            "xmpp": {
                "servers": {each.domain: ["127.0.0.1", each.port] for each in site.xmpp},
                "ca": str(site.ca_file),
                "friends": share.friends(),
                "password": PHONE_PASSWORD,
            },
            "ledger": str(self.ledger),
            "seed": share.number,
        }

    def _read(self) -> None:
        assert self._child.stdout
        for text in self._child.stdout:
            line = json.loads(text)
            if "error" in line:
                raise CrowdError(f"{self.share.name}: {line['error']}")
            if "done" in line:
                self.done[line["done"]] = line
            elif "at" in line:
                self._hears(self.share.name, line)

    def tell(self, command: str) -> None:
        assert self._child.stdin
        self.done.pop(command.split()[0], None)
        self._child.stdin.write(command.encode() + b"\n")
        self._child.stdin.flush()

    def check(self) -> None:
        if self._reader.dead:
            raise CrowdError(f"{self.share.name} ended: {self._log.read_text(errors='replace')[-2000:]}")

    def end(self) -> None:
        with suppress(OSError):
            self.tell("end")
        try:
            self._child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()


class Crowds:
    """All of them."""

    def __init__(self, processes: Sequence[CrowdProcess]) -> None:
        self.processes = processes

    @property
    def pids(self) -> list[int]:
        return [each.pid for each in self.processes]

    @property
    def ledgers(self) -> list[Path]:
        return [each.ledger for each in self.processes]

    def failures(self) -> Counter[str]:
        """What has failed, by kind of request and reason, once they were told to report."""
        found: Counter[str] = Counter()
        for each in self.processes:
            found.update(each.done.get("report", {}).get("failures", {}))
        return found

    def tell(self, command: str) -> None:
        for each in self.processes:
            each.tell(command)

    def check(self) -> None:
        """CrowdError when one has ended."""
        for each in self.processes:
            each.check()

    def is_done(self, command: str) -> bool:
        """Whether all have done what they were told."""
        return all(command in each.done for each in self.processes)


@contextmanager
def crowds(site: Site, hears: Callable[[str, Line], None]) -> Iterator[Crowds]:
    processes: list[CrowdProcess] = []
    try:
        for share in site.town.shares():
            processes.append(CrowdProcess(site, share, hears))
        yield Crowds(processes)
    finally:
        for each in processes:
            each.end()
