"""Plays a conversation: one request at a time, each answer checked, what arrives in between answered as the file says.

    outcome = Player(script, url, people, backend).play()

Everything that fails is a Failure in the outcome. Play stops at the first step that fails, since the rest would build on it;
a step with `known_gap` is told and passed over.
"""

import base64
import hashlib
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from xml.sax.saxutils import escape

from onesoup.phone.conversation import rules
from onesoup.phone.conversation.backend import UnknownSentence
from onesoup.phone.conversation.checks import Failure, check
from onesoup.phone.conversation.paths import PathError, PathNode, find
from onesoup.phone.conversation.script import ConversationScript, ScriptPerson
from onesoup.phone.conversation.wire import Answer, ConversationChannel, TcpLine, request
from onesoup.phone.conversation.xmpp import BackendFailed
from onesoup.phone.errors import PhoneError

MAX_POLLS = 6
# An empty poll is followed by a wait: this long, doubled each time, cut short by a wake on the TCP line.
FIRST_WAIT, LONGEST_WAIT = 0.15, 3.0
_VARIABLE = re.compile(r"\$\{([\w.-]+)\}")
_LOGIN = re.compile(r"<UserID>(.*?)</UserID>")
_PASSWORD = re.compile(r"<Password>(.*?)</Password>")


@dataclass
class StepOutcome:
    """What came of one step. `gap` is the reason of a known gap; `answer` the last answer, for the reader of a failure."""

    name: str
    failures: list[Failure] = field(default_factory=list)
    warnings: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    skipped: str = ""
    gap: str = ""
    answer: Answer | None = None
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        return not self.failures


@dataclass
class PlayOutcome:
    """A whole play."""

    script: ConversationScript
    steps: list[StepOutcome] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return all(step.good or step.gap for step in self.steps)

    @property
    def failed(self) -> StepOutcome | None:
        return next((step for step in self.steps if not step.good and not step.gap), None)

    @property
    def gaps(self) -> list[StepOutcome]:
        """Known gaps that are still there."""
        return [step for step in self.steps if step.gap and not step.good]

    @property
    def healed(self) -> list[StepOutcome]:
        """Known gaps that are none any more: their `known_gap` can go."""
        return [step for step in self.steps if step.gap and step.good and not step.skipped]


class Stop(Exception):
    """The step cannot go on."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.what}: {failure.expected}, {failure.came}")
        self.failure = failure


class Backend(Protocol):
    """The XMPP side: `backend.Backend`, or `phones.PhoneFriends`."""

    sent_at: float

    def start(self) -> None: ...
    def act(self, text: str) -> None: ...
    def expect(self, text: str) -> None: ...
    def close(self) -> None: ...


class Player:
    """One phone with one script. `people` are the accounts as they are on the server, the phone's own first."""

    def __init__(
        self,
        script: ConversationScript,
        url: str,
        people: Sequence[ScriptPerson],
        backend: Backend | None = None,
        *,
        slow: bool = False,
        on_step: Callable[[StepOutcome], None] = lambda _: None,
    ) -> None:
        self.script, self.backend, self.slow, self._on_step = script, backend, slow, on_step
        data = script.data
        headers = {"User-Agent": str(data["user_agent"])} if data.get("user_agent") else {}
        headers |= {str(name): str(value) for name, value in (data.get("headers") or {}).items()}
        self._channel = ConversationChannel(url, headers)
        self._line: TcpLine | None = None
        self._passwords = {(each.user, given.password): each.password for each, given in _pairs(people, script)}
        self.vars: dict[str, str] = {str(name): str(value) for name, value in (data.get("vars") or {}).items()}
        if self.vars.get("password") == script.people()[0].password:
            self.vars["password"] = people[0].password
        self.state = rules.State(script.version, script.encoding, script.content_type)
        self._rules, self.unchecked = rules.known(script.always + script.wbxml_rules)
        self._pending: list[Answer] = []
        self._sent: dict[str, tuple[bytes, bytes]] = {}
        self._answers: dict[str, Answer] = {}
        self._last_seen: dict[str, str] = {}
        self._done: set[str] = set()  # MessageIDs that must not come again
        self._step = StepOutcome("")

    # --- the play ---

    def play(self) -> PlayOutcome:
        """All steps, or those until the first failure."""
        outcome = PlayOutcome(self.script, unchecked=self.unchecked)
        try:
            if self.backend is not None:
                self.backend.start()
            for step in self._in_order():
                outcome.steps.append(self._run(step))
                self._on_step(outcome.steps[-1])
                if outcome.failed:
                    break
        finally:
            outcome.variables = self.vars
            self._channel.close()
            if self._line is not None:
                self._line.close()
            if self.backend is not None:
                self.backend.close()
        return outcome

    def _in_order(self) -> Iterator[dict[str, Any]]:
        """The steps; those with `for_each` once for each value, together with the steps that alternate with them."""
        steps = list(self.script.steps)
        while steps:
            step = steps.pop(0)
            if "for_each" not in step:
                yield step
                continue
            group = [step]
            while steps and steps[0]["name"] in str(step["for_each"]):
                group.append(steps.pop(0))
            for number, value in enumerate(self._values(str(step["for_each"]))):
                for each in group:
                    yield {**each, "_turn": number, "_list": value}

    def _values(self, words: str) -> list[str]:
        """`list address of STEP`: ContactList elements first, the default list last, each once."""
        found = re.match(r"list address of ([\w-]+)", words)
        answer = self._answers.get(found[1]) if found else None
        if answer is None or answer.content is None:
            return [self.vars.get("list", "")]
        default = answer.content.value("DefaultContactList")
        others = [each.text for each in find(answer.content, "//ContactList") if each.text and each.text != default]
        return [*others, *([default] if default else [])]

    def _run(self, step: Mapping[str, Any]) -> StepOutcome:
        """One step. Every failure of it is in what comes back."""
        self._step = outcome = StepOutcome(str(step["name"]), gap=str(step.get("known_gap") or ""))
        began = time.monotonic()
        try:
            if reason := self._left_out(step):
                outcome.skipped = reason
                return outcome
            self._do(step)
        except Stop as stop:
            outcome.failures.append(stop.failure)
        except BackendFailed as error:
            outcome.failures.append(Failure("the XMPP side", *_halves(str(error))))
        except PhoneError as error:
            outcome.failures.append(Failure("the connection", "an answer", str(error)))
        except (UnknownSentence, PathError) as error:
            outcome.failures.append(Failure("the script", "something that this runner knows", str(error)))
        outcome.seconds = time.monotonic() - began
        return outcome

    def _left_out(self, step: Mapping[str, Any]) -> str:
        """Why the step is left out, "" when it is not."""
        when = str(step.get("when") or "")
        if when == "STCP agreed":
            agreed = any(value == "STCP" for value in self._last_seen.get("SupportedCIRMethod", "").split(","))
            return "" if agreed else "STCP was not agreed"
        if found := re.fullmatch(r"(\w+) is ([\w-]+(?: or [\w-]+)*)", when):
            value = self.vars.get(found[1]) or "absent"
            return "" if value in found[2].split(" or ") else f"{found[1]} is {value}"
        if when:
            self._step.notes.append(f"when: {when}")
        return ""

    def _do(self, step: Mapping[str, Any]) -> None:
        if "_list" in step:
            self.vars["list"] = step["_list"]
        if "poll_until" not in step:
            self._answer_pending()
        if step.get("pause_s"):
            time.sleep(float(step["pause_s"]))
        if step.get("backend"):
            self._backend().act(self._fill(step["backend"]))
            self._mark_time()
        if "tcp" in step:
            self._tcp(step["tcp"])
        elif "poll_until" in step:
            self._poll_until(step)
        elif "resend" in step:
            self._resend(step)
        elif "send" in step:
            self._send(step)
        if step.get("backend_expect"):
            self._backend().expect(self._fill(step["backend_expect"]))

    def _backend(self) -> Backend:
        if self.backend is None:
            raise UnknownSentence("this step needs an XMPP side, and there is none")
        return self.backend

    def _mark_time(self) -> None:
        """${sent_at} and ${sent_at_next}: the second of the last message, and the one after it."""
        sent = self._backend().sent_at
        for name, moment in (("sent_at", sent), ("sent_at_next", sent + 1)):
            self.vars[name] = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(moment))

    # --- requests ---

    def _send(self, step: Mapping[str, Any]) -> None:
        if step.get("compute"):
            self._compute(step["compute"])
        text, expect = str(step["send"]), dict(step.get("expect") or {})
        if turn := step.get("_turn"):
            text, expect = _renumbered(text, expect, turn)
        octets = self._octets(text)
        answer = self._post(octets, step.get("headers"))
        self._sent[str(step["name"])] = (octets, answer.body)
        self._look(answer, expect)
        self._answers[str(step["name"])] = answer

    def _resend(self, step: Mapping[str, Any]) -> None:
        """The same octets; the answer must be the same octets, too."""
        if step["resend"] not in self._sent:
            raise Stop(Failure("the script", f"a step {step['resend']} before this one", "none"))
        octets, before = self._sent[step["resend"]]
        answer = self._post(octets, step.get("headers"))
        self._look(answer, step.get("expect") or {})
        if answer.body != before:
            self._step.failures.append(Failure("the answer to the same octets", "the same answer", "another one"))

    def _octets(self, text: str) -> bytes:
        """The request as it goes out, with the values of variables and the password that the account has here."""
        filled = _VARIABLE.sub(lambda found: escape(self._value(found[1])), text)
        user = _LOGIN.search(filled)
        if user and (password := _PASSWORD.search(filled)):
            name = user[1].removeprefix("wv:").partition("@")[0].lower()
            real = self._passwords.get((name, password[1]), password[1])
            filled = filled[: password.start(1)] + escape(real) + filled[password.end(1) :]
        for tid in re.findall(r"<TransactionMode>Request</TransactionMode>\s*<TransactionID>(.*?)</TransactionID>", filled):
            self.state.client_tids.add(tid)
        return request(filled, self.script.encoding)

    def _post(self, octets: bytes, headers: Mapping[str, Any] | None = None) -> Answer:
        """The answer, after the conditions that hold for every answer."""
        more = {str(name): str(value) for name, value in (headers or {}).items()}
        self._step.answer = answer = self._channel.post(octets, self.script.content_type, more)
        if not answer.continued:
            self._step.failures.append(Failure("Expect: 100-continue", "100 Continue before the body", "nothing"))
        for rule in self._rules:
            if failure := rule(answer, self.state):
                self._step.failures.append(failure)
        if answer.error and not any(each.what == "the body" for each in self._step.failures):
            self._step.failures.append(Failure("the body", "a CSP document", answer.error))
        if self._step.failures:
            raise Stop(self._step.failures.pop())
        for node in answer.root.walk() if answer.root else ():
            if not node.children:
                self._see(node)
        self._not_again(answer)
        return answer

    def _see(self, node: PathNode) -> None:
        """Remembers the last value of each element; of an element that repeats, all values of one parent."""
        same = [each.text for each in node.parent.children if each.name == node.name] if node.parent else []
        self._last_seen[node.name] = ",".join(same)

    def _not_again(self, answer: Answer) -> None:
        content = answer.content
        if content is not None and content.name in ("NewMessage", "MessageNotification"):
            found = content.value("MessageInfo/MessageID")
            if found in self._done:
                raise Stop(Failure("MessageInfo/MessageID", "one that was not acknowledged", repr(found)))

    # --- what is expected ---

    def _look(self, answer: Answer, expect: Mapping[str, Any]) -> None:
        """Checks an answer; captures what is to be kept. Stop when it is not even the right primitive."""
        if answer.status != int(expect.get("http_status", 200)):
            raise Stop(Failure("HTTP status", str(expect.get("http_status", 200)), str(answer.status)))
        if "within_s" in expect and answer.seconds > float(expect["within_s"]):
            self._step.failures.append(Failure("time", f"within {expect['within_s']} s", f"{answer.seconds:.1f} s"))
        if "body" in expect:
            self._look_at_body(answer, str(expect["body"]))
            return
        content = answer.content
        if content is None:
            raise Stop(Failure("the body", "an answer", "an empty body" if not answer.body else "no primitive"))
        self._look_at_envelope(answer, content, expect)
        stands_in = _stands_in(content, expect.get("primitive"))
        self._check_all(content, expect, stands_in)
        for name, path in (expect.get("capture") or {}).items():
            self._capture(content, name, path)

    def _look_at_body(self, answer: Answer, wanted: str) -> None:
        if wanted not in ("empty", "empty_or_server_request"):
            raise UnknownSentence(f"body: {wanted}")
        if not answer.body:
            return
        if wanted == "empty":
            raise Stop(Failure("the body", "an empty one", answer.content.name if answer.content else "something else"))
        if answer.descriptor("TransactionMode") != "Request":
            raise Stop(Failure("the body", "empty, or a server transaction of mode Request", _name(answer)))
        self._pending.append(answer)

    def _look_at_envelope(self, answer: Answer, content: PathNode, expect: Mapping[str, Any]) -> None:
        names = expect.get("primitive")
        wanted = names if isinstance(names, list) else [names] if names else []
        if wanted and content.name not in wanted:
            raise Stop(Failure("the primitive", " or ".join(map(str, wanted)), _name(answer)))
        if "mode" in expect and answer.descriptor("TransactionMode") != expect["mode"]:
            raise Stop(Failure("TransactionMode", str(expect["mode"]), repr(answer.descriptor("TransactionMode"))))
        if "transaction_id" in expect:
            tid = str(self._fill(str(expect["transaction_id"])))
            if answer.descriptor("TransactionID") != tid:
                raise Stop(Failure("TransactionID", repr(tid), repr(answer.descriptor("TransactionID"))))

    def _check_all(self, content: PathNode, expect: Mapping[str, Any], stands_in: bool) -> None:
        """A Status that stands in for a specific answer has only a Result to look at."""
        for key, kept in (("checks", self._step.failures), ("optional_checks", self._step.warnings)):
            for wanted in expect.get(key) or []:
                if stands_in and not str(wanted.get("path")).startswith("Result"):
                    continue
                if failure := check(content, wanted, self._fill):
                    kept.append(failure)

    def _capture(self, content: PathNode, name: str, path: str) -> None:
        value = content.value(path)
        self.vars.pop(name, None)
        if value is not None:
            self.vars[name] = value
        if name == "sid" and value != self.state.sid:
            self.state.sid = value
            self.state.server_tids.clear()  # they are new within a session

    # --- polls and server transactions ---

    def _poll_until(self, step: Mapping[str, Any]) -> None:
        """Polls until that server transaction comes; others are answered on the way."""
        wanted = step["poll_until"] if isinstance(step["poll_until"], list) else [step["poll_until"]]
        seen: list[str] = []
        answer = self._next(int(step.get("max_polls", MAX_POLLS)), wanted, step.get("where") or [], seen)
        self._look(answer, {"http_status": 200, **(step.get("expect") or {})})
        self._answers[str(step["name"])] = answer
        if self._step.failures or "answer" not in step:
            return
        reply = self._post(self._octets(self._with_ids(answer, str(step["answer"]))))
        self._look(reply, step.get("answer_expect") or {"body": "empty_or_server_request"})
        if "does not come again" in str(step.get("after") or "") and answer.content:
            self._done.add(answer.content.value("MessageInfo/MessageID") or "")
        if self._step.failures:
            return
        self._step.answer = answer

    def _next(self, polls: int, wanted: list[str], where: list[Any], seen: list[str]) -> Answer:
        """The first server transaction that is wanted, from what waits here or from polls."""
        empty = 0
        while True:
            if self._pending:
                answer = self._pending.pop(0)
            elif empty >= polls:
                came = f"{polls} polls without it; came {', '.join(seen) or 'nothing'}"
                raise Stop(Failure("poll", " or ".join(wanted), came))
            else:
                answer = self._poll()
                empty += 1
            if not answer.body:
                self._wait(empty)
                continue
            content = answer.content
            if content is None or answer.descriptor("TransactionMode") != "Request":
                raise Stop(Failure("poll", " or ".join(wanted), _name(answer)))
            if content.name in wanted and not any(check(content, each, self._fill) for each in where):
                self._step.answer = answer
                return answer
            seen.append(content.name)
            self._answer_by_default(answer)

    def _poll(self) -> Answer:
        poll = self.script.data.get("poll") or {}
        if "send" not in poll:
            raise UnknownSentence("a poll: the file has no `poll`")
        return self._post(self._octets(str(poll["send"])))

    def _wait(self, number: int) -> None:
        seconds = min(FIRST_WAIT * 2 ** (number - 1), LONGEST_WAIT)
        if self._line is not None:
            self._line.line("WVCI", seconds)
        else:
            time.sleep(seconds)

    def _answer_pending(self) -> None:
        while self._pending:
            self._answer_by_default(self._pending.pop(0))

    def _answer_by_default(self, answer: Answer) -> None:
        """As `on_server_request` says; what the phone ignores stays without an answer."""
        rules_ = self.script.data.get("on_server_request") or {}
        content = answer.content
        assert content is not None
        if content.name in (rules_.get("ignored_without_answer") or []):
            return
        text = rules_.get(content.name) or rules_.get("other")
        if text is None:
            raise Stop(Failure("server transaction", "one that the script answers", content.name))
        reply = self._post(self._octets(self._with_ids(answer, str(text))))
        self._look(reply, rules_.get("reply_to_answer") or {"body": "empty_or_server_request"})

    def _with_ids(self, answer: Answer, text: str) -> str:
        """The answer with ${stid} of its server transaction, and ${mid} of its message."""
        self.vars["stid"] = answer.descriptor("TransactionID") or ""
        message_id = answer.content.value("MessageInfo/MessageID") if answer.content else None
        if message_id is not None and "${mid}" in text:
            self.vars["mid"] = message_id
        return text

    # --- the TCP line ---

    def _tcp(self, deeds: list[Mapping[str, Any]]) -> None:
        for deed in deeds:
            if "after_idle_s" in deed:
                if not self.slow:
                    self._step.notes.append(f"left out: {deed['after_idle_s']} s of silence")
                    continue
                time.sleep(float(deed["after_idle_s"]))
            if "connect" in deed:
                host, _, port = self._fill(str(deed["connect"])).rpartition(":")
                if not port.isdigit():
                    raise Stop(Failure("TCPPort", "a number", repr(port)))
                self._line = TcpLine(host, int(port))
            line = self._line
            if line is None:
                raise UnknownSentence("a TCP line that is not connected")
            if "send_line" in deed:
                line.send(self._fill(str(deed["send_line"])))
            if "expect_line" in deed:
                wanted, within = self._fill(str(deed["expect_line"])), float(deed.get("within_s", 30))
                if line.line(wanted, within) is None:
                    raise Stop(Failure("the TCP line", repr(wanted), f"no such line within {within:g} s"))

    # --- variables ---

    def _fill(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._fill(each) for each in value]
        if isinstance(value, str):
            return _VARIABLE.sub(lambda found: self._value(found[1]), value)
        return value

    def _value(self, name: str) -> str:
        """A variable, or the last value of an element of that name."""
        if name in self.vars:
            return self.vars[name]
        if name in self._last_seen:
            return self._last_seen[name]
        raise Stop(Failure("variable", "${" + name + "}", "never captured"))

    def _compute(self, wanted: Mapping[str, str]) -> None:
        """Only digests are computed: base64(H(nonce + password))."""
        for name, words in wanted.items():
            if not str(words).startswith("base64("):
                raise UnknownSentence(f"compute {name}: {words}")
            schema = self.vars.get("schema", "MD5") if "schema" in words else "SHA" if "SHA" in words else "MD5"
            octets = (self._value("nonce") + self._value("password")).encode("latin-1", "replace")
            digest = hashlib.sha1(octets) if schema.upper().startswith("SHA") else hashlib.md5(octets)
            self.vars[name] = base64.b64encode(digest.digest()).decode()


def _pairs(people: Sequence[ScriptPerson], script: ConversationScript) -> Iterator[tuple[ScriptPerson, ScriptPerson]]:
    """Each account of the server with the one of the script."""
    return zip(people, script.people(), strict=True)


def _stands_in(content: PathNode, wanted: Any) -> bool:
    """A Status with an error where the file allows both it and a specific answer."""
    other = isinstance(wanted, list) and wanted[0] != "Status" and content.name == "Status"
    return other and content.value("Result/Code") != "200"


def _renumbered(text: str, expect: dict[str, Any], turn: int) -> tuple[str, dict[str, Any]]:
    """A repeated request has a TransactionID of its own, and the answer that one."""
    text = re.sub(r"(<TransactionID>)(.*?)(</TransactionID>)", rf"\g<1>\g<2>.{turn}\g<3>", text, count=1)
    if "transaction_id" in expect:
        expect["transaction_id"] = f"{expect['transaction_id']}.{turn}"
    return text, expect


def _name(answer: Answer) -> str:
    content = answer.content
    if content is None:
        return "an empty body" if not answer.body else "no primitive"
    code = content.value("//Code")
    return f"{content.name} {code}" if code else content.name


def _halves(text: str) -> tuple[str, str]:
    expected, _, came = text.partition(": came ")
    return expected, came or "an error"
