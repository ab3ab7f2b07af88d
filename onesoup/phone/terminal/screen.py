"""Lines out and lines in. Incoming lines do not destroy the line that is being typed."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TextIO

from onesoup.phone.terminal.words import printable

PROMPT = "> "


@dataclass
class TerminalScreen:
    """A terminal, or a pair of pipes. Safe to use from several threads."""

    keys: TextIO
    screen: TextIO
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _typing: bool = False

    def print_above(self, text: str) -> None:
        """One or more lines above the one that is being typed."""
        with self._lock:
            if self._typing:
                import readline

                self.screen.write(f"\r\x1b[K{text}\n{PROMPT}{readline.get_line_buffer()}")
            else:
                self.screen.write(text + "\n")
            self.screen.flush()

    def print_line(self, text: str) -> None:
        """A line at a moment when nothing is being typed. Control characters become blanks."""
        with self._lock:
            self.screen.write(printable(text) + "\n")
            self.screen.flush()

    def print_help(self, text: str) -> None:
        """Text of this program, unchanged."""
        with self._lock:
            self.screen.write(text + "\n")
            self.screen.flush()

    def typed_lines(self) -> Iterator[str]:
        """The lines that the user types, until the end of input."""
        while True:
            try:
                if self._interactive():
                    yield self._edited_line()
                else:
                    line = self.keys.readline()
                    if not line:
                        return
                    yield line.rstrip("\r\n")
            except EOFError:
                return

    def _edited_line(self) -> str:
        import readline  # noqa: F401 - its import gives input() a line editor

        self._typing = True
        try:
            return input(PROMPT)
        finally:
            self._typing = False

    def _interactive(self) -> bool:
        return self.keys.isatty() and self.screen.isatty()
