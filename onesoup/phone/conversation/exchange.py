"""Requests of a script and the checks of their answers."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from onesoup.phone.conversation import rules
from onesoup.phone.conversation.backend import UnknownSentence
from onesoup.phone.conversation.checks import Failure, check
from onesoup.phone.conversation.outcome import StepFailed, StepOutcome, answer_name
from onesoup.phone.conversation.paths import PathNode
from onesoup.phone.conversation.script import ConversationScript, ScriptPerson
from onesoup.phone.conversation.variables import ScriptVariables
from onesoup.phone.conversation.wire import Answer, ConversationChannel, request

_LOGIN = re.compile(r"<UserID>(.*?)</UserID>")
_PASSWORD = re.compile(r"<Password>(.*?)</Password>")


class ScriptExchange:
    """Posts requests of one phone, and checks each answer: the rules of the script first, then what the step expects.

    `step` is the step that is being played: failures and warnings go there. `pending` holds server transactions that came
    beside an answer and are not answered yet."""

    def __init__(self, script: ConversationScript, url: str, people: Sequence[ScriptPerson]) -> None:
        self._script, data = script, script.data
        headers = {"User-Agent": str(data["user_agent"])} if data.get("user_agent") else {}
        headers |= {str(name): str(value) for name, value in (data.get("headers") or {}).items()}
        self._channel = ConversationChannel(url, headers)
        given = script.people()
        self._passwords = {(each.user, own.password): each.password for each, own in zip(people, given, strict=True)}
        self.variables = ScriptVariables(data.get("vars") or {})
        if self.variables.values.get("password") == given[0].password:
            self.variables.values["password"] = people[0].password
        self.state = rules.State(script.version, script.encoding, script.content_type)
        self._rules, self.unchecked = rules.known(script.always + script.wbxml_rules)
        self.pending: list[Answer] = []
        self.acknowledged: set[str] = set()  # MessageIDs that must not come again
        self.step = StepOutcome("")

    def close(self) -> None:
        self._channel.close()

    def request_bytes(self, text: str) -> bytes:
        """The request as it goes out, with the values of variables and the password that the account has here."""
        filled = self.variables.fill_xml(text)
        user = _LOGIN.search(filled)
        if user and (password := _PASSWORD.search(filled)):
            name = user[1].removeprefix("wv:").partition("@")[0].lower()
            real = self._passwords.get((name, password[1]), password[1])
            filled = filled[: password.start(1)] + escape(real) + filled[password.end(1) :]
        for tid in re.findall(r"<TransactionMode>Request</TransactionMode>\s*<TransactionID>(.*?)</TransactionID>", filled):
            self.state.client_tids.add(tid)
        return request(filled, self._script.encoding)

    def post(self, data: bytes, headers: Mapping[str, Any] | None = None) -> Answer:
        """The answer, after the conditions that hold for every answer."""
        more = {str(name): str(value) for name, value in (headers or {}).items()}
        self.step.answer = answer = self._channel.post(data, self._script.content_type, more)
        self.step.posts.append((data, answer))
        if not answer.continued:
            self.step.failures.append(Failure("Expect: 100-continue", "100 Continue before the body", "nothing"))
        for rule in self._rules:
            if failure := rule(answer, self.state):
                self.step.failures.append(failure)
        if answer.error and not any(each.what == "the body" for each in self.step.failures):
            self.step.failures.append(Failure("the body", "a CSP document", answer.error))
        if self.step.failures:
            raise StepFailed(self.step.failures.pop())
        self.variables.remember(answer)
        self._reject_acknowledged(answer)
        return answer

    def _reject_acknowledged(self, answer: Answer) -> None:
        content = answer.content
        if content is not None and content.name in ("NewMessage", "MessageNotification"):
            found = content.value("MessageInfo/MessageID")
            if found in self.acknowledged:
                raise StepFailed(Failure("MessageInfo/MessageID", "one that was not acknowledged", repr(found)))

    def check_answer(self, answer: Answer, expect: Mapping[str, Any]) -> None:
        """Checks an answer and captures variables. StepFailed when it is another primitive."""
        if answer.status != int(expect.get("http_status", 200)):
            raise StepFailed(Failure("HTTP status", str(expect.get("http_status", 200)), str(answer.status)))
        if "within_s" in expect and answer.seconds > float(expect["within_s"]):
            self.step.failures.append(Failure("time", f"within {expect['within_s']} s", f"{answer.seconds:.1f} s"))
        if "body" in expect:
            self._check_body(answer, str(expect["body"]))
            return
        content = answer.content
        if content is None:
            raise StepFailed(Failure("the body", "an answer", "an empty body" if not answer.body else "no primitive"))
        self._check_envelope(answer, content, expect)
        stands_in = _stands_in(content, expect.get("primitive"))
        self._check_primitive(content, expect, stands_in)
        for name, path in (expect.get("capture") or {}).items():
            self._capture(content, name, path)

    def _check_body(self, answer: Answer, wanted: str) -> None:
        if wanted not in ("empty", "empty_or_server_request"):
            raise UnknownSentence(f"body: {wanted}")
        if not answer.body:
            return
        if wanted == "empty":
            raise StepFailed(Failure("the body", "an empty one", answer.content.name if answer.content else "something else"))
        if answer.descriptor("TransactionMode") != "Request":
            raise StepFailed(Failure("the body", "empty, or a server transaction of mode Request", answer_name(answer)))
        self.pending.append(answer)

    def _check_envelope(self, answer: Answer, content: PathNode, expect: Mapping[str, Any]) -> None:
        names = expect.get("primitive")
        wanted = names if isinstance(names, list) else [names] if names else []
        if wanted and content.name not in wanted:
            raise StepFailed(Failure("the primitive", " or ".join(map(str, wanted)), answer_name(answer)))
        if "mode" in expect and answer.descriptor("TransactionMode") != expect["mode"]:
            raise StepFailed(Failure("TransactionMode", str(expect["mode"]), repr(answer.descriptor("TransactionMode"))))
        if "transaction_id" in expect:
            tid = str(self.variables.fill(str(expect["transaction_id"])))
            if answer.descriptor("TransactionID") != tid:
                raise StepFailed(Failure("TransactionID", repr(tid), repr(answer.descriptor("TransactionID"))))

    def _check_primitive(self, content: PathNode, expect: Mapping[str, Any], stands_in: bool) -> None:
        """A Status that stands in for a specific answer has only a Result to look at."""
        for key, found in (("checks", self.step.failures), ("optional_checks", self.step.warnings)):
            for wanted in expect.get(key) or []:
                if stands_in and not str(wanted.get("path")).startswith("Result"):
                    continue
                if failure := check(content, wanted, self.variables.fill):
                    found.append(failure)

    def _capture(self, content: PathNode, name: str, path: str) -> None:
        value = content.value(path)
        self.variables.values.pop(name, None)
        if value is not None:
            self.variables.values[name] = value
        if name == "sid" and value != self.state.sid:
            self.state.sid = value
            self.state.server_tids.clear()  # they are new within a session


def _stands_in(content: PathNode, wanted: Any) -> bool:
    """A Status with an error where the file allows both it and a specific answer."""
    other = isinstance(wanted, list) and wanted[0] != "Status" and content.name == "Status"
    return other and content.value("Result/Code") != "200"
