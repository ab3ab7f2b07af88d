"""The XMPP side of a conversation: people on ordinary clients, which run in a process of their own."""

import importlib.util
import itertools
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

WITHIN = 10.0


class BackendFailed(Exception):
    """What should have happened on the XMPP side did not; the text says what came."""


def available() -> bool:
    """Whether slixmpp is installed here."""
    return importlib.util.find_spec("slixmpp") is not None


@dataclass
class Event:
    kind: str
    fields: dict[str, Any]
    taken: bool = False


@dataclass
class _Box:
    events: list[Event] = field(default_factory=list)


class FriendClients:
    """The process with all clients in it. A context manager."""

    def __init__(self) -> None:
        self._changed, self._boxes, self._numbers = threading.Condition(), dict[str, _Box](), itertools.count(1)
        self._process: subprocess.Popen[str] | None = None
        self._writing = threading.Lock()  # conversations are played side by side

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("xmpp_process.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def connect(self, jid: str, password: str, address: tuple[str, int], ca: Path | None) -> "FriendClient":
        """A client that is connected and has said nothing yet."""
        name = f"{jid}#{next(self._numbers)}"
        self._boxes[name] = _Box()
        client = FriendClient(self, name, jid.partition("/")[0])
        self.order(name, "connect", jid=jid, password=password, host=address[0], port=address[1], ca=str(ca) if ca else None)
        if client.wait(lambda event: event.kind in ("connected", "refused")).kind == "refused":
            raise BackendFailed(f"{jid} cannot log in to the XMPP server")
        return client

    def order(self, name: str, do: str, **fields: object) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with self._writing:
            self._process.stdin.write(json.dumps({"client": name, "do": do, **fields}) + "\n")
            self._process.stdin.flush()

    def find(self, name: str, wanted: Callable[[list[Event]], Event | None], within: float) -> Event | None:
        """What `wanted` finds in the events so far, asked again at each new one."""
        end = time.monotonic() + within
        with self._changed:
            while (found := wanted(self._boxes[name].events)) is None:
                left = end - time.monotonic()
                if left <= 0:
                    return None
                self._changed.wait(left)
            found.taken = True
            return found

    def events(self, name: str) -> list[Event]:
        with self._changed:
            return list(self._boxes[name].events)

    def _listen(self, lines: Any) -> None:
        for line in lines:
            fields = json.loads(line)
            name, kind = fields.pop("client"), fields.pop("event")
            with self._changed:
                self._boxes[name].events.append(Event(kind, fields))
                self._changed.notify_all()


class FriendClient:
    """One person's client."""

    def __init__(self, clients: FriendClients, name: str, jid: str) -> None:
        self._clients, self._name, self.jid = clients, name, jid
        self._numbers = itertools.count(1)

    def do(self, what: str, **fields: object) -> None:
        self._clients.order(self._name, what, **fields)

    def wait(self, wanted: Callable[[Event], bool], within: float = WITHIN) -> Event:
        """The next event that fits and was not taken before. BackendFailed when none comes."""
        found = self._clients.find(
            self._name, lambda events: next((each for each in events if not each.taken and wanted(each)), None), within
        )
        if found is None:
            raise BackendFailed(self._seen())
        return found

    def latest(self, kind: str, sender: str, wanted: Callable[[Event], bool], within: float = WITHIN) -> Event:
        """Waits until the newest event of a kind from somebody fits."""

        return self.newest(lambda each: each.kind == kind and each.fields.get("sender") == sender, wanted, within)

    def newest(self, kind: Callable[[Event], bool], wanted: Callable[[Event], bool], within: float = WITHIN) -> Event:
        """As `latest`, of any kind of events."""

        def last(events: list[Event]) -> Event | None:
            found = [each for each in events if kind(each)]
            return found[-1] if found and wanted(found[-1]) else None

        found = self._clients.find(self._name, last, within)
        if found is None:
            raise BackendFailed(self._seen())
        return found

    def untaken(self, kind: str) -> list[Event]:
        return [each for each in self._clients.events(self._name) if each.kind == kind and not each.taken]

    def roster(self) -> dict[str, dict[str, Any]]:
        """As the server has it now: {jid: name, subscription, groups}."""
        number = next(self._numbers)
        self.do("roster", number=number)
        answer = self.wait(lambda event: event.kind == "roster" and event.fields["number"] == number)
        return dict(answer.fields["items"])

    def _seen(self) -> str:
        events = [each for each in self._clients.events(self._name) if each.kind not in ("connected", "roster")]
        return "; ".join(f"{each.kind} {each.fields}" for each in events[-5:]) or "nothing"
