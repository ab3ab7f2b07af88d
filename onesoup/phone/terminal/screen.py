"""Lines out and lines in. Incoming lines do not destroy the line that is being typed."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TextIO

from onesoup.phone.terminal.words import printable


class Style(StrEnum):
    """What a line is, as the colour that a terminal shows it in."""

    PLAIN = ""
    MESSAGE = "1"  # bold
    NOTICE = "36"  # cyan
    QUESTION = "33"  # yellow
    ERROR = "31"  # red
    QUIET = "2"  # dim


@dataclass
class TerminalScreen:
    """A terminal, or a pair of pipes. Safe to use from several threads. A reader who has gone away is no error."""

    keys: TextIO
    screen: TextIO
    prompt: Callable[[], str]
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _typing: bool = False

    def __post_init__(self) -> None:
        plain = "NO_COLOR" in os.environ or os.environ.get("TERM", "dumb") == "dumb"
        self._interactive = self.keys.isatty() and self.screen.isatty()
        self._coloured = self.screen.isatty() and not plain

    def show(self, text: str, style: Style = Style.PLAIN) -> None:
        """A line, above the one that is being typed. Control characters become blanks, further lines are indented."""
        self.show_unchanged(printable(text), style)

    def show_unchanged(self, text: str, style: Style = Style.PLAIN) -> None:
        """Lines of this program, unchanged."""
        if self._coloured and style:
            text = f"\x1b[{style}m{text}\x1b[0m"
        with self._lock, suppress(OSError):
            if self._typing:
                import readline

                text = f"\r\x1b[K{text}\n{self.prompt()}{readline.get_line_buffer()}"
            else:
                text += "\n"
            self.screen.write(text)
            self.screen.flush()

    def typed_lines(self) -> Iterator[str]:
        """The lines that the user types, until the end of input."""
        while True:
            try:
                if self._interactive:
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
            return input(self.prompt())
        except (EOFError, KeyboardInterrupt):
            self.screen.write("\n")
            raise
        finally:
            self._typing = False
