"""Plays a conversation: one request at a time, each answer checked, what arrives in between answered as the file says.

    outcome = Player(script, url, people, backend).play()

Everything that fails is a Failure in the outcome. Play stops at the first step that fails, since the rest would build on it;
a step with `known_gap` is told and passed over.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from onesoup.phone.conversation.backend import UnknownSentence
from onesoup.phone.conversation.checks import Failure, check
from onesoup.phone.conversation.exchange import ScriptExchange
from onesoup.phone.conversation.friend_clients import BackendFailed
from onesoup.phone.conversation.outcome import PlayOutcome, StepFailed, StepOutcome, answer_name
from onesoup.phone.conversation.paths import PathError, find
from onesoup.phone.conversation.script import ConversationScript, ScriptPerson
from onesoup.phone.conversation.wire import Answer, TcpLine
from onesoup.phone.errors import PhoneError

MAX_POLLS_PER_STEP = 6
# An empty poll is followed by a wait: this long, doubled each time, cut short by a wake on the TCP line.
FIRST_POLL_DELAY_SECONDS = 0.15
MAX_POLL_DELAY_SECONDS = 3.0


class ConversationBackend(Protocol):
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
        backend: ConversationBackend | None = None,
        *,
        slow: bool = False,
        on_step: Callable[[StepOutcome], None] = lambda _: None,
    ) -> None:
        self.script, self.backend, self.slow, self._on_step = script, backend, slow, on_step
        self.exchange = ScriptExchange(script, url, people)
        self._variables = self.exchange.variables
        self._line: TcpLine | None = None
        self._sent: dict[str, tuple[bytes, bytes]] = {}
        self._answers: dict[str, Answer] = {}
        self._passed: list[Answer] = []  # server transactions that were answered on the way
        self._step = StepOutcome("")

    # --- the play ---

    def play(self) -> PlayOutcome:
        """All steps, or those until the first failure."""
        outcome = PlayOutcome(self.script, unchecked=self.exchange.unchecked)
        try:
            if self.backend is not None:
                self.backend.start()
            for step in self._in_order():
                outcome.steps.append(self._run(step))
                self._on_step(outcome.steps[-1])
                if outcome.failed:
                    break
        finally:
            outcome.variables = self._variables.values
            self.exchange.close()
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
            return [self._variables.values.get("list", "")]
        default = answer.content.value("DefaultContactList")
        others = [each.text for each in find(answer.content, "//ContactList") if each.text and each.text != default]
        return [*others, *([default] if default else [])]

    def _run(self, step: Mapping[str, Any]) -> StepOutcome:
        """One step. Every failure of it is in what comes back."""
        self._step = self.exchange.step = outcome = StepOutcome(str(step["name"]), gap=str(step.get("known_gap") or ""))
        began = time.monotonic()
        try:
            if reason := self._left_out(step):
                outcome.skipped = reason
                return outcome
            self._do(step)
        except StepFailed as stop:
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
            agreed = any(value == "STCP" for value in self._variables.last_seen.get("SupportedCIRMethod", "").split(","))
            return "" if agreed else "STCP was not agreed"
        if found := re.fullmatch(r"(\w+) is ([\w-]+(?: or [\w-]+)*)", when):
            value = self._variables.values.get(found[1]) or "absent"
            return "" if value in found[2].split(" or ") else f"{found[1]} is {value}"
        if when:
            self._step.notes.append(f"when: {when}")
        return ""

    def _do(self, step: Mapping[str, Any]) -> None:
        if "_list" in step:
            self._variables.values["list"] = step["_list"]
        if "poll_until" not in step:
            self._answer_pending()
        if step.get("pause_s"):
            time.sleep(float(step["pause_s"]))
        if step.get("backend"):
            self._backend().act(self._friends(step["backend"]))
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
            self._backend().expect(self._friends(step["backend_expect"]))

    def _friends(self, text: str) -> str:
        """The sentences with their variables, noted for the reader."""
        filled = str(self._variables.fill(text))
        self._step.friends.append(filled)
        return filled

    def _backend(self) -> ConversationBackend:
        if self.backend is None:
            raise UnknownSentence("this step needs an XMPP side, and there is none")
        return self.backend

    def _mark_time(self) -> None:
        """${sent_at} and ${sent_at_next}: the second of the last message, and the one after it."""
        sent = self._backend().sent_at
        for name, moment in (("sent_at", sent), ("sent_at_next", sent + 1)):
            self._variables.values[name] = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(moment))

    # --- requests ---

    def _send(self, step: Mapping[str, Any]) -> None:
        if step.get("compute"):
            self._variables.compute(step["compute"])
        text, expect = str(step["send"]), dict(step.get("expect") or {})
        if turn := step.get("_turn"):
            text, expect = _renumbered(text, expect, turn)
        data = self.exchange.request_bytes(text)
        answer = self.exchange.post(data, step.get("headers"))
        self._sent[str(step["name"])] = (data, answer.body)
        self.exchange.check_answer(answer, expect)
        self._answers[str(step["name"])] = answer

    def _resend(self, step: Mapping[str, Any]) -> None:
        """Posts the same bytes again. The answer must be the same bytes, too."""
        if step["resend"] not in self._sent:
            raise StepFailed(Failure("the script", f"a step {step['resend']} before this one", "none"))
        data, before = self._sent[step["resend"]]
        answer = self.exchange.post(data, step.get("headers"))
        self.exchange.check_answer(answer, step.get("expect") or {})
        if answer.body != before:
            self._step.failures.append(Failure("the answer to the same octets", "the same answer", "another one"))

    # --- polls and server transactions ---

    def _poll_until(self, step: Mapping[str, Any]) -> None:
        """Polls until that server transaction comes; others are answered on the way."""
        wanted = step["poll_until"] if isinstance(step["poll_until"], list) else [step["poll_until"]]
        if step.get("may_have_come") and self._has_come(wanted, step.get("where") or []):
            return
        seen: list[str] = []
        answer = self._next(int(step.get("max_polls", MAX_POLLS_PER_STEP)), wanted, step.get("where") or [], seen)
        self.exchange.check_answer(answer, {"http_status": 200, **(step.get("expect") or {})})
        self._answers[str(step["name"])] = answer
        if self._step.failures or "answer" not in step:
            return
        reply = self.exchange.post(self.exchange.request_bytes(self._with_ids(answer, str(step["answer"]))))
        self.exchange.check_answer(reply, step.get("answer_expect") or {"body": "empty_or_server_request"})
        if "does not come again" in str(step.get("after") or "") and answer.content:
            self.exchange.acknowledged.add(answer.content.value("MessageInfo/MessageID") or "")
        if self._step.failures:
            return
        self._step.answer = answer

    def _has_come(self, wanted: list[str], where: list[Any]) -> bool:
        """Whether it came while another was waited for, and so was answered by default."""
        for answer in self._passed:
            if answer.content and answer.content.name in wanted and self._fits(answer, where):
                self._step.answer = answer
                return True
        return False

    def _fits(self, answer: Answer, where: list[Any]) -> bool:
        assert answer.content is not None
        return not any(check(answer.content, each, self._variables.fill) for each in where)

    def _next(self, polls: int, wanted: list[str], where: list[Any], seen: list[str]) -> Answer:
        """The first server transaction that is wanted, from what waits here or from polls."""
        empty = 0
        while True:
            if self.exchange.pending:
                answer = self.exchange.pending.pop(0)
            elif empty >= polls:
                came = f"{polls} polls without it; came {', '.join(seen) or 'nothing'}"
                raise StepFailed(Failure("poll", " or ".join(wanted), came))
            else:
                answer = self._poll()
                empty += 1
            if not answer.body:
                self._wait(empty)
                continue
            content = answer.content
            if content is None or answer.descriptor("TransactionMode") != "Request":
                raise StepFailed(Failure("poll", " or ".join(wanted), answer_name(answer)))
            if content.name in wanted and self._fits(answer, where):
                self._step.answer = answer
                return answer
            seen.append(content.name)
            self._answer_by_default(answer)

    def _poll(self) -> Answer:
        poll = self.script.data.get("poll") or {}
        if "send" not in poll:
            raise UnknownSentence("a poll: the file has no `poll`")
        return self.exchange.post(self.exchange.request_bytes(str(poll["send"])))

    def _wait(self, number: int) -> None:
        seconds = min(FIRST_POLL_DELAY_SECONDS * 2 ** (number - 1), MAX_POLL_DELAY_SECONDS)
        if self._line is not None:
            self._line.line("WVCI", seconds)
        else:
            time.sleep(seconds)

    def _answer_pending(self) -> None:
        while self.exchange.pending:
            self._answer_by_default(self.exchange.pending.pop(0))

    def _answer_by_default(self, answer: Answer) -> None:
        """As `on_server_request` says; what the phone ignores stays without an answer."""
        rules_ = self.script.data.get("on_server_request") or {}
        content = answer.content
        assert content is not None
        self._passed.append(answer)
        if content.name in (rules_.get("ignored_without_answer") or []):
            return
        text = rules_.get(content.name) or rules_.get("other")
        if text is None:
            raise StepFailed(Failure("server transaction", "one that the script answers", content.name))
        reply = self.exchange.post(self.exchange.request_bytes(self._with_ids(answer, str(text))))
        self.exchange.check_answer(reply, rules_.get("reply_to_answer") or {"body": "empty_or_server_request"})

    def _with_ids(self, answer: Answer, text: str) -> str:
        """The answer with ${stid} of its server transaction, and ${mid} of its message."""
        self._variables.values["stid"] = answer.descriptor("TransactionID") or ""
        message_id = answer.content.value("MessageInfo/MessageID") if answer.content else None
        if message_id is not None and "${mid}" in text:
            self._variables.values["mid"] = message_id
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
                host, _, port = self._variables.fill(str(deed["connect"])).rpartition(":")
                if not port.isdigit():
                    raise StepFailed(Failure("TCPPort", "a number", repr(port)))
                self._line = TcpLine(host, int(port))
            line = self._line
            if line is None:
                raise UnknownSentence("a TCP line that is not connected")
            if "send_line" in deed:
                line.send(self._variables.fill(str(deed["send_line"])))
            if "expect_line" in deed:
                wanted, within = self._variables.fill(str(deed["expect_line"])), float(deed.get("within_s", 30))
                if line.line(wanted, within) is None:
                    raise StepFailed(Failure("the TCP line", repr(wanted), f"no such line within {within:g} s"))


def _renumbered(text: str, expect: dict[str, Any], turn: int) -> tuple[str, dict[str, Any]]:
    """A repeated request has a TransactionID of its own, and the answer that one."""
    text = re.sub(r"(<TransactionID>)(.*?)(</TransactionID>)", rf"\g<1>\g<2>.{turn}\g<3>", text, count=1)
    if "transaction_id" in expect:
        expect["transaction_id"] = f"{expect['transaction_id']}.{turn}"
    return text, expect


def _halves(text: str) -> tuple[str, str]:
    expected, _, came = text.partition(": came ")
    return expected, came or "an error"
