"""A capture as a conversation file, which `onesoup phone play` plays against any server. Pure; begin with `write_conversation`.

What a phone said stays word for word, except for what a server gave it: session, ids, nonces, lists. Of what a server said, a
phone's next steps need the primitive, the code and the elements; that is what the file expects."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from onesoup.captures.document_text import document_text
from onesoup.captures.exchanges import CapturedExchange, DocumentParts, parts_of
from onesoup.captures.expectations import expected_answer, paths_of
from onesoup.captures.friend_deeds import FriendDeeds
from onesoup.captures.made_documents import login_document, poll_document, status_document
from onesoup.captures.people import CapturedPeople, find_people
from onesoup.captures.play_values import GIVEN_IDS, PlayValues
from onesoup.captures.yaml_text import write_yaml
from onesoup.wire import codec
from onesoup.wire.document import Document
from onesoup.wire.tree import Element

POLLS_FOR_ONE_EVENT = 8
# Conditions on every answer, in the words of onesoup/phone/conversation/rules.py.
ANSWER_CONDITIONS = (
    "HTTP status 200; never 204 or 304",
    "response Content-Type and encoding equal the request's; CSP namespace/version equal the request's",
    "exactly one Transaction in a response",
    "SessionID, when present, equals ${sid} byte for byte and has at most 50 characters",
    "a server request has TransactionMode Request and a non-empty TransactionID, at most 50 characters, never used before and "
    "never one of the client's",
    "no white space around values",
)
PASSWORD = "secret"
MADE_UP_LOGIN = "login-made-up"
FORMAT_NOTE = "as the `format` block of scripts/nokia-s60-1.2.yaml says; docs/captures.md says how this file was made"
_REPLY_TO_ANSWER = {"http_status": 200, "body": "empty_or_server_request"}


class NothingCaptured(ValueError):
    """The capture has no request of a phone with its answer."""


@dataclass
class WrittenConversation:
    """A conversation as data, and what of the capture is not in it."""

    data: dict[str, Any]
    notes: list[str] = field(default_factory=list)

    def text(self) -> str:
        """The file."""
        return f"# {self.data['client']}\n" + write_yaml(self.data)


def write_conversation(exchanges: Iterable[CapturedExchange], client: str, support: str) -> WrittenConversation:
    """The conversation of exchanges that are redacted already. `client` says which phone it is, "" for what the phone calls
    itself; `support` where it is from.
    NothingCaptured where no step would come of them."""
    taken = [each for each in exchanges if parts_of(each.request) is not None]
    if not taken:
        raise NothingCaptured("no request of a phone is in it")
    agent = next((each.headers["User-Agent"] for each in taken if "User-Agent" in each.headers), "a phone")
    written = _Writer(taken).write(client or agent, support)
    if all(step["name"] == MADE_UP_LOGIN for step in written.data["steps"]):
        raise NothingCaptured("; ".join(["no request in it has an answer to expect", *written.notes]))
    return written


class _Writer:
    """Writes one conversation, exchange by exchange."""

    def __init__(self, exchanges: Sequence[CapturedExchange]) -> None:
        self._exchanges = exchanges
        self._people: CapturedPeople = find_people(exchanges)
        self._friends, self._values = FriendDeeds(self._people), PlayValues()
        self._steps: list[dict[str, Any]] = []
        self._notes: list[str] = []
        self._sids: set[str] = set()
        self._own_lists: set[str] = set()  # lists that the phone made itself
        self._nonce = ""
        self._right_password = True
        self._poll: Document | None = None
        self._answers: dict[str, Document] = {}  # primitive of the server -> how this phone answers it
        self._ignored: set[str] = set()
        self._last: tuple[Document, Document | None, str] | None = None

    def write(self, client: str, support: str) -> WrittenConversation:
        self._begin()
        for place, exchange in enumerate(self._exchanges):
            self._exchange(place, exchange)
        first = self._exchanges[0].request
        kind = next((each.request_type for each in self._exchanges if each.request_type), "")
        headers = next((dict(each.headers) for each in self._exchanges if each.headers), {})
        headers.pop("Content-Type", None)
        agent = headers.pop("User-Agent", "")
        people, owner = self._people, self._people.owner
        data: dict[str, Any] = {
            "format": FORMAT_NOTE,
            "client": client,
            "support": support,
            "csp_version": first.version,
            "encoding": first.encoding.value,
            "content_type": kind or codec.media_type(first.version, first.encoding),
            **({"user_agent": agent} if agent else {}),
            **({"headers": headers} if headers else {}),
            "vars": {"password": PASSWORD, "wrong_password": f"not-{PASSWORD}"},
            "given": {"accounts": {f"{name}@{people.domain}": PASSWORD for name in people.names.values()}},
            "always": [each for each in ANSWER_CONDITIONS if "exactly one" not in each or not self._has_several()],
            "poll": {"send": self._text(self._poll or poll_document(first, self._a_sid()))},
            "on_server_request": self._on_server_request(first),
            "steps": self._steps,
        }
        if people.roster:
            data["given"][f"roster of {owner}"] = ", ".join(f"{name}@{people.domain} (both)" for name in people.roster)
        if self._friends.online:
            data["given"]["at start"] = ", ".join(f"{name} available" for name in self._friends.online)
        return WrittenConversation(data, self._notes)

    def _begin(self) -> None:
        """A capture that begins in a session gets a log-in, since no server knows that session."""
        for exchange in self._exchanges:
            parts = parts_of(exchange.request)
            assert parts is not None
            if parts.content.name == "Login-Request":
                return
            if parts.sid:
                made = login_document(exchange.request, f"wv:{self._people.owner}@{self._people.domain}")
                self._sids.add(parts.sid)
                self._notes.append("the capture begins in a session: a log-in was put before it")
                expect = {"http_status": 200, "primitive": "Login-Response", "capture": {"sid": "SessionID"}}
                expect["checks"] = [{"path": "Result/Code", "op": "equals", "value": "200"}]
                self._add(MADE_UP_LOGIN, {"note": "not captured", "send": self._text(made), "expect": expect})
                return

    def _exchange(self, place: int, exchange: CapturedExchange) -> None:
        request, response = parts_of(exchange.request), parts_of(exchange.response)
        assert request is not None
        if request.mode == "Response":  # written with the server's request that it answers
            pass
        elif request.content.name == "Polling-Request":
            self._poll = self._poll or exchange.request
        else:
            self._request(exchange, request, response)
        if response is not None and response.mode == "Request":
            assert exchange.response is not None
            self._server_request(place, response)
        elif response is not None and request.content.name == "Polling-Request":
            self._notes.append(f"a poll was answered with {response.content.name} {response.code}".rstrip())

    # --- requests of the phone ---

    def _request(self, exchange: CapturedExchange, request: DocumentParts, response: DocumentParts | None) -> None:
        if response is None or response.mode != "Response":
            self._notes.append(f"{request.content.name} {request.tid} has no answer in the capture: left out")
            return
        again = (exchange.request, exchange.response)
        if self._last is not None and again == self._last[:2]:
            self._add(f"{self._last[2]}-again", {"resend": self._last[2], "expect": {"primitive": response.content.name}})
            return
        step: dict[str, Any] = {}
        if sentence := self._friends.before(request, response.code):
            step["backend"] = sentence
        if request.content.name == "Login-Request":
            self._login(step, request, response)
        step["send"] = self._text(exchange.request)
        step["expect"] = {**expected_answer(request, response), **step.pop("expect", {})}
        if sentence := self._friends.seen(request, response.code):
            step["backend_expect"] = sentence
        name = self._add(_step_name(request), step)
        self._offer(step, request, response)
        self._last = (*again, name)

    def _login(self, step: dict[str, Any], request: DocumentParts, response: DocumentParts) -> None:
        content, answer = request.content, response.content
        self._right_password = response.code in ("", "200", "201") or not (
            content.findtext("Password") or content.findtext("DigestBytes")
        )
        if content.findtext("DigestBytes") and self._nonce and self._right_password:
            step["compute"] = {"digest": "base64(H(nonce + password)), H of schema, no line breaks"}
        captured = {}
        if answer.findtext("SessionID"):
            self._sids.add(answer.findtext("SessionID"))
            captured["sid"] = "SessionID"
        if answer.findtext("Nonce"):
            self._nonce = answer.findtext("Nonce")
            captured |= {"nonce": "Nonce", "schema": "DigestSchema"}
        if captured:
            step["expect"] = {"capture": captured}

    def _offer(self, step: dict[str, Any], request: DocumentParts, response: DocumentParts) -> None:
        """What the answer gives the phone for later."""
        if request.content.name == "CreateList-Request":
            self._own_lists.add(request.content.findtext("ContactList"))
        if response.content.name == "GetList-Response":
            lists = [each for each in paths_and_texts(response.content) if each[0].endswith("ContactList")]
            default = next((path for path, _ in lists if path.endswith("DefaultContactList")), "")
            for path, text in lists:
                if text not in self._own_lists:
                    self._values.offer(step, "ContactList", text, default or path)
            return
        for path, text in paths_of(response.content, [each for each in GIVEN_IDS if each != "ContactList"]).items():
            self._values.offer(step, path.rpartition("/")[2], text, path)

    # --- requests of the server ---

    def _server_request(self, place: int, asked: DocumentParts) -> None:
        name = asked.content.name
        answer = self._answer_to(place, asked.tid)
        if answer is not None:
            self._answers.setdefault(name, answer)
        elif place + 2 < len(self._exchanges):
            self._ignored.add(name)
        deed = self._friends.deed(asked)
        if deed is None:
            return
        step: dict[str, Any] = {"backend": deed.sentence} if deed.sentence else {"may_have_come": True}
        step |= {"poll_until": name, "where": deed.where} if deed.where else {"poll_until": name}
        step |= {"max_polls": POLLS_FOR_ONE_EVENT, "expect": {"checks": deed.checks}}
        for path, text in paths_of(asked.content, ["MessageID", "InviteID", "SystemMessageID"]).items():
            self._values.offer(step, path.rpartition("/")[2], text, path)
        if answer is not None:
            step |= {"answer": self._text(answer), "answer_expect": dict(_REPLY_TO_ANSWER)}
        self._add(_step_name(asked), step)

    def _answer_to(self, place: int, tid: str) -> Document | None:
        """The phone's answer to a request of the server, later in the capture."""
        for exchange in self._exchanges[place + 1 :]:
            parts = parts_of(exchange.request)
            if parts is not None and parts.mode == "Response" and parts.tid == tid:
                return exchange.request
        return None

    def _on_server_request(self, first: Document) -> dict[str, Any]:
        """How this phone answers what comes beside the steps. What it was never asked gets a Status."""
        answers = {name: self._text(answer, known=False) for name, answer in self._answers.items()}
        found: dict[str, Any] = {**answers, "other": self._text(status_document(first, self._a_sid()), known=False)}
        ignored = sorted(self._ignored - set(self._answers))
        return found | {"reply_to_answer": dict(_REPLY_TO_ANSWER), "ignored_without_answer": ignored}

    # --- texts ---

    def _text(self, document: Document, known: bool = True) -> str:
        """`known`: ids stand for what a step captured, not for what has just come."""

        def text_of(element: Element, parent: Element) -> str:
            return self._value(element, parent, document, known)

        return document_text(document, text_of)

    def _value(self, element: Element, parent: Element, document: Document, known: bool) -> str:
        name, text = element.name, element.text.replace("${", "$(")
        parts = parts_of(document)
        answers = parts is not None and parts.mode == "Response"
        if name == "TransactionID" and parent.name == "TransactionDescriptor" and answers:
            return "${stid}"
        if name == "MessageID" and not known:
            return "${mid}"
        if name == "SessionID" and text in self._sids:
            return "${sid}"
        if name in ("Password", "DigestBytes") and parent.name == "Login-Request":
            return self._secret(name, text)
        variable = self._values.use("ContactList" if name == "DefaultContactList" else name, text) if name in _GIVEN else None
        return variable or self._people.rewritten(name, text)

    def _secret(self, name: str, text: str) -> str:
        if name == "Password":
            return "${password}" if self._right_password else "${wrong_password}"
        return "${digest}" if self._nonce and self._right_password else text

    def _add(self, name: str, step: dict[str, Any]) -> str:
        """The step's name, with a number where it is taken."""
        taken = {each["name"] for each in self._steps}
        number, free = 1, name
        while free in taken:
            number += 1
            free = f"{name}-{number}"
        rest = dict(step)
        step.clear()
        step.update({"name": free, **rest})
        self._steps.append(step)
        return free

    def _a_sid(self) -> str:
        return next(iter(self._sids), "")

    def _has_several(self) -> bool:
        """Whether the server put several transactions into one answer, as the phone had asked."""
        sessions = [each.response.root.find("Session") for each in self._exchanges if each.response]
        return any(session and sum(child.name == "Transaction" for child in session.children) > 1 for session in sessions)


_GIVEN = frozenset({*GIVEN_IDS, "DefaultContactList"})


def paths_and_texts(content: Element) -> list[tuple[str, str]]:
    """(path from anywhere, text) of each list that an answer names."""
    found: list[tuple[str, str]] = []
    for child in content.children:
        if child.name in ("ContactList", "DefaultContactList") and child.text:
            found.append((f"//{child.name}", child.text))
        found += paths_and_texts(child)
    return found


def _step_name(parts: DocumentParts) -> str:
    """send-message for SendMessage-Request."""
    bare = parts.content.name.removesuffix("-Request")
    return re.sub("(?<=[a-z])(?=[A-Z])", "-", bare).lower()
