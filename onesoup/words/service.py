"""What the service contact understands and says, read from `service.toml`.

understood("Wer bin ich?")                     -> (Wish.WHO, "")
say("pong", "de")                              -> the text in German; English where a language has no texts
"""

import tomllib
import unicodedata
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

TEXTS_FILE = Path(__file__).with_name("service.toml")
LANGUAGES = ("en", "de", "es", "fr", "pt")
DEFAULT_LANGUAGE = "en"
# A phone's line is short; what stands in the place of a placeholder comes on top.
MAX_TEXT = 160
# Nobody's wish is longer; what is longer is not looked at.
MAX_WISH = 40


class Wish(Enum):
    """What a user may ask for. The value is the key of its words in the file."""

    HELP = "help"
    WHO = "who"
    NUMBER = "number"
    SETTINGS = "settings"
    ECHO = "echo"


def say(key: str, language: str, **values: str | int) -> str:
    """A text in a language, with its placeholders filled in."""
    texts: dict[str, str] = _read()["text"][key]
    return texts.get(language, texts[DEFAULT_LANGUAGE]).format(**values)


def understood(text: str) -> tuple[Wish | None, str]:
    """What a message asks for, in the words of any language, and what stands behind the word. None for anything else."""
    head, _, rest = text.strip().partition(" ")
    if _words().get(_plain(head)) is Wish.ECHO:
        return Wish.ECHO, rest.strip()
    return _words().get(_plain(text[: MAX_WISH + 1])), ""


def _plain(text: str) -> str:
    """Without what users and phones write differently: capitals, accents, blanks, signs at the ends."""
    if len(text) > MAX_WISH:
        return ""
    letters = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(kept.split()).strip(" .!?¡¿,;:\"'") or kept.strip()[:1]


@cache
def _words() -> dict[str, Wish]:
    return {_plain(word): wish for wish in Wish for words in _read()["word"][wish.value].values() for word in words}


@cache
def _read() -> dict[str, Any]:
    return tomllib.loads(TEXTS_FILE.read_text(encoding="utf-8"))
