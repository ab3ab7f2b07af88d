"""The terminal phone: what is typed becomes requests, what arrives becomes lines. One thread reads the keys, one polls."""

import contextlib
import signal
import threading
import time
from typing import TextIO

from onesoup.csp.codec.generated_elements import InviteUserRequest, Primitive
from onesoup.phone.addresses import user_key
from onesoup.phone.contacts import ShownPresence
from onesoup.phone.engine import Phone
from onesoup.phone.errors import PhoneError, Refused, SessionOver, Unreachable
from onesoup.phone.messages import OPERATOR_SENDER, ReceivedMessage
from onesoup.phone.stcp import LineClosed, PhoneStcpLine
from onesoup.phone.terminal.commands import Quit, TerminalCommands
from onesoup.phone.terminal.screen import TerminalScreen
from onesoup.phone.terminal.state import TerminalState
from onesoup.phone.terminal.words import as_xml, describe_news, describe_presence, printable

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
        self._screen = TerminalScreen(keys, screen)
        self._commands = TerminalCommands(self._state, self._screen)
        self._stop = threading.Event()
        self._end_reason = ""
        self._line: PhoneStcpLine | None = None

    def run(self) -> int:
        """Logs in, talks until the end of input, logs out. The exit status; PhoneError when the log-in fails."""
        phone = self.phone
        phone.trace = self._show_document
        phone.on_message, phone.on_presence, phone.on_news = self._show_message, self._show_presence, self._show_news
        # A shell ignores SIGINT in processes that it starts in the background. SIGINT ends the phone there, too.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        phone.start()
        try:
            with contextlib.suppress(Quit, KeyboardInterrupt):
                self._greet()
                threading.Thread(target=self._poll_until_end, daemon=True).start()
                for line in self._screen.typed_lines():
                    self._run_line(line)
        finally:
            self._leave()
        return 1 if self._end_reason else 0

    def _greet(self) -> None:
        phone = self.phone
        how = f"CSP {phone.version}, {phone.encoding.upper()}, {phone.way or 'password'}"
        self._screen.print_line(f"{phone.address} is logged in ({how}{', woken over STCP' if phone.stcp else ''})")
        self._commands.show_lists()
        self._screen.print_line("/help tells what can be typed")

    def _run_line(self, line: str) -> None:
        try:
            self._commands.run(line)
        except SessionOver as error:
            self._session_over(error)
            raise Quit from None

    # --- what arrives ---

    def _show_message(self, message: ReceivedMessage) -> None:
        if message.sender == OPERATOR_SENDER:
            self._screen.print_above(f"* from the operator: {printable(message.text)}")
            return
        self._state.last_partner = message.sender
        when = f" ({message.time})" if message.time else ""
        name = self._state.name_of(message.sender)
        if message.group:
            nick = printable(message.nick) or "the group"
            name = f"{nick} in {printable(message.sender)}" + (" to you alone" if message.private else "")
        self._screen.print_above(f"{name}: {printable(message.text)}{when}")

    def _show_news(self, content: Primitive) -> None:
        """What has happened in a group, and invitations."""
        if isinstance(content, InviteUserRequest):
            self._state.invitation = content
        for line in describe_news(content, self._state.name_of):
            self._screen.print_above(f"* {line}")

    def _show_presence(self, shown: ShownPresence) -> None:
        state = describe_presence(shown)
        if self._state.shown_presence.get(user_key(shown.user)) != state:
            self._state.shown_presence[user_key(shown.user)] = state
            self._screen.print_above(f"* {self._state.name_of(shown.user)} is {state}")

    def _show_document(self, way: str, document: bytes) -> None:
        if self._state.raw:
            self._screen.print_above(f"{'>>' if way == 'sent' else '<<'} {as_xml(document)}")

    # --- polls ---

    def _poll_until_end(self) -> None:
        """Polls until the end of the session: at once, when STCP wakes, or at an interval."""
        failed = False
        while not self._stop.is_set():
            try:
                self._poll_and_wait()
                if failed:
                    self._screen.print_above("* the server is back")
                failed = False
            except SessionOver as error:
                self._session_over(error)
                return
            except (Unreachable, Refused) as error:
                if not failed and not self._stop.is_set():
                    self._screen.print_above(f"* the server does not answer: {error}; trying again")
                failed = True
                self._stop.wait(REFUSED_POLL_DELAY_SECONDS if isinstance(error, Refused) else POLL_INTERVAL_SECONDS)
            except PhoneError as error:
                if not self._stop.is_set():
                    self._screen.print_above(f"* a real phone would break here: {error}")
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
        self._end_reason = f"the server has ended the session: {error.description or error.code}"
        self._screen.print_above(f"* {self._end_reason}")
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
            self._screen.print_line("logged out")
        except PhoneError as error:
            self._screen.print_line(f"left without log-out: {error}")
