"""The terminal phone: what is typed becomes requests, what arrives becomes lines. One thread reads the keys, one polls."""

import contextlib
import signal
import threading
import time
from datetime import UTC, datetime
from typing import TextIO

from onesoup.csp.codec.generated_elements import DeliveryReportRequest, InviteUserRequest, PresenceAuthRequest, Primitive
from onesoup.csp.status import StatusCode
from onesoup.phone.addresses import user_key
from onesoup.phone.contacts import ShownPresence
from onesoup.phone.engine import Phone
from onesoup.phone.errors import PhoneError, Refused, SessionOver, Unreachable
from onesoup.phone.messages import OPERATOR_SENDER, ReceivedMessage
from onesoup.phone.stcp import LineClosed, PhoneStcpLine
from onesoup.phone.terminal.command_table import COMMANDS_BY_NAME, help_text
from onesoup.phone.terminal.commands import Quit, TerminalCommands
from onesoup.phone.terminal.names import without_scheme
from onesoup.phone.terminal.questions import FRIEND, INVITATION
from onesoup.phone.terminal.refusals import in_words
from onesoup.phone.terminal.screen import Style, TerminalScreen
from onesoup.phone.terminal.state import TerminalState
from onesoup.phone.terminal.times import local_time
from onesoup.phone.terminal.words import as_xml, describe_message, describe_news, describe_presence, describe_report, inviter

# How often to poll where the server neither holds polls nor wakes; and how long to wait after a refused poll.
POLL_INTERVAL_SECONDS = 2.0
REFUSED_POLL_DELAY_SECONDS = 15.0
# A poll that took longer was held by the server.
HELD_POLL_SECONDS = 0.5
DEFAULT_KEEP_ALIVE_SECONDS = 240


class Terminal:
    """One phone with one user at the keyboard. `run` logs in, talks and logs out."""

    def __init__(self, phone: Phone, keys: TextIO, screen: TextIO, raw: bool = False) -> None:
        self.phone = phone
        self._state = TerminalState(phone, raw)
        self._screen = TerminalScreen(keys, screen, self._state.prompt)
        self._commands = TerminalCommands(self._state, self._screen, COMMANDS_BY_NAME, help_text())
        self._stop = threading.Event()
        self._end_reason = ""
        self._line: PhoneStcpLine | None = None

    def run(self) -> int:
        """Logs in, talks until the end of input, logs out. The exit status; PhoneError when the log-in fails."""
        phone = self.phone
        phone.trace = self._show_document
        phone.on_message, phone.on_presence, phone.on_news = self._show_message, self._show_presence, self._show_news
        # A shell ignores SIGINT in processes that it starts in the background. All of these end the phone with a log-out.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.default_int_handler)
        self._log_in()
        try:
            with contextlib.suppress(Quit, KeyboardInterrupt):
                self._greet()
                threading.Thread(target=self._poll_until_end, daemon=True).start()
                for line in self._screen.typed_lines():
                    self._run_line(line)
        finally:
            self._leave()
        return 1 if self._end_reason else 0

    def _log_in(self) -> None:
        """Logs in and takes the handset's first steps. When those fail, the session is ended without a word."""
        try:
            self.phone.start()
        except BaseException:
            if self.phone.session_id is not None:
                with contextlib.suppress(PhoneError):
                    self.phone.logout()
            raise

    def _greet(self) -> None:
        phone = self.phone
        handset = phone.profile.title or phone.profile.name
        how = f"{handset}: CSP {phone.version}, {phone.encoding.upper()}{', woken over TCP' if phone.stcp else ''}"
        self._screen.show(f"{without_scheme(phone.address)} is logged in ({how})")
        self._commands.show_lists()
        self._screen.show("NAME: text writes to somebody. /help shows what else can be typed")

    def _run_line(self, line: str) -> None:
        try:
            self._commands.run(line)
        except SessionOver as error:
            self._session_over(error)
            raise Quit from None

    # --- what arrives ---

    def _show_message(self, message: ReceivedMessage) -> None:
        when = local_time(message.time, datetime.now(UTC))
        if message.sender == OPERATOR_SENDER:
            self._screen.show(f"{when} from the operator: {message.text}", Style.NOTICE)
        else:
            self._screen.show(f"{when} {describe_message(message, self._state.name_of)}", Style.MESSAGE)

    def _show_news(self, content: Primitive) -> None:
        """What has happened in a group, what somebody asks, what has become of a message."""
        questions = self._state.questions
        if isinstance(content, PresenceAuthRequest):
            self._commands.show_question(questions.ask(FRIEND, content.user_id or ""))
        elif isinstance(content, InviteUserRequest):
            self._commands.show_question(questions.ask(INVITATION, inviter(content), content.group_id or "", content))
        elif isinstance(content, DeliveryReportRequest):
            self._show_report(content)
        for line in describe_news(content, self._state.name_of):
            self._screen.show(f"* {line}", Style.NOTICE)

    def _show_report(self, report: DeliveryReportRequest) -> None:
        message_id = (report.message_info.message_id if report.message_info else None) or ""
        arrived, words = describe_report(report, self._state.name_of, self._state.sent.pop(message_id, ""))
        self._screen.show(f"* {words}", Style.QUIET if arrived else Style.ERROR)

    def _show_presence(self, shown: ShownPresence) -> None:
        state = describe_presence(shown)
        if self._state.shown_presence.get(user_key(shown.user)) != state:
            self._state.shown_presence[user_key(shown.user)] = state
            self._screen.show(f"* {self._state.name_of(shown.user)} {state}", Style.NOTICE)

    def _show_document(self, way: str, document: bytes) -> None:
        if self._state.raw:
            self._screen.show(f"{'>>' if way == 'sent' else '<<'} {as_xml(document)}", Style.QUIET)

    # --- polls ---

    def _poll_until_end(self) -> None:
        """Polls until the end of the session: at once, when STCP wakes, or at an interval."""
        failed = False
        while not self._stop.is_set():
            try:
                self._poll_and_wait()
                if failed:
                    self._screen.show("* the server is back", Style.NOTICE)
                failed = False
            except SessionOver as error:
                self._session_over(error)
                return
            except (Unreachable, Refused) as error:
                if not failed and not self._stop.is_set():
                    why = in_words(error) if isinstance(error, Refused) else str(error)
                    self._screen.show(f"* the server cannot be asked for news: {why}. The phone tries again", Style.ERROR)
                failed = True
                self._stop.wait(REFUSED_POLL_DELAY_SECONDS if isinstance(error, Refused) else POLL_INTERVAL_SECONDS)
            except PhoneError as error:
                if not self._stop.is_set():
                    self._screen.show(f"* a real phone would break here: {error}", Style.ERROR)
                self._stop.wait(POLL_INTERVAL_SECONDS)

    def _poll_and_wait(self) -> None:
        """One round: polls, then waits for a reason to poll again."""
        began = time.monotonic()
        came = self.phone.run_once()
        if self._stop.is_set() or came or time.monotonic() - began > HELD_POLL_SECONDS:
            return
        line = self._open_stcp()
        if line is None:
            self._stop.wait(POLL_INTERVAL_SECONDS)
            return
        try:
            # The server ends a session without requests: it wants a sign of life before the keep-alive time ends.
            if not line.wait((self.phone.keep_alive_time or DEFAULT_KEEP_ALIVE_SECONDS) / 2):
                line.ping()
        except LineClosed:
            self._line = None

    def _open_stcp(self) -> PhoneStcpLine | None:
        """The open STCP line. None where none was agreed or it cannot be opened."""
        phone = self.phone
        if self._line is None and phone.stcp is not None:
            try:
                self._line = PhoneStcpLine(*phone.stcp, phone.session_id or "", phone.cookie).open()
            except (LineClosed, Unreachable):
                return None
        return self._line

    # --- the end ---

    def _session_over(self, error: SessionOver) -> None:
        """Prints why the session has ended, and interrupts the thread that reads keys."""
        if self._stop.is_set():
            return
        self._stop.set()
        why = f": {in_words(error)}" if error.code != StatusCode.SUCCESSFUL else ""
        self._end_reason = f"the server has ended the session{why}"
        self._screen.show(f"* {self._end_reason}", Style.ERROR)
        if threading.current_thread() is not threading.main_thread():
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    def _leave(self) -> None:
        """Logs out if the server answers; a second Ctrl-C leaves at once."""
        self._stop.set()
        if self._line is not None:
            self._line.close()
        if self.phone.session_id is None:
            return
        try:
            self.phone.logout()
            self._screen.show("logged out")
        except PhoneError as error:
            self._screen.show(f"left without log-out: {in_words(error) if isinstance(error, Refused) else error}", Style.ERROR)
