"""Text for phones whose fonts end in 2004: emoji become smileys or words in brackets. A table and a pure function."""

import re
import unicodedata

SMILEYS = {
    "😀": ":-D", "😁": ":-D", "😃": ":-D", "😄": ":-D", "😆": "XD", "😂": ":'-D", "🤣": ":'-D", "🙂": ":-)", "😊": ":-)",
    "☺": ":-)", "😉": ";-)", "😛": ":-P", "😜": ";-P", "😝": "XP", "😎": "B-)", "😍": "<3", "🥰": "<3", "😘": ":-*",
    "😗": ":-*", "😚": ":-*", "🙁": ":-(", "☹": ":-(", "😞": ":-(", "😢": ":'-(", "😭": ":'-(", "😠": ">:-(", "😡": ">:-(",
    "😮": ":-O", "😲": ":-O", "😱": ":-O", "😐": ":-|", "😑": ":-|", "😕": ":-/", "🤔": ":-?", "😇": "O:-)", "😈": ">:-)",
    "❤": "<3", "♥": "<3", "💔": "</3", "👍": "(y)", "👎": "(n)", "👋": "(wave)", "🙏": "(please)", "👏": "(clap)",
    "🎉": "(party)", "🔥": "(fire)", "💯": "(100)", "✅": "(ok)", "❌": "(x)", "☕": "(coffee)", "🍺": "(beer)",
}  # fmt: skip

# Skin tones, variation selectors and joiners only change how another character looks.
_MODIFIERS = "\u200d\ufe0e\ufe0f\U0001f3fb-\U0001f3ff\u20e3"
_EMOJI = re.compile(f"[\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff{_MODIFIERS}]")
_MODIFIER = re.compile(f"[{_MODIFIERS}]")


def readable(text: str) -> str:
    """The text without emoji. Everything else, letters of all scripts included, stays as it is."""
    return _EMOJI.sub(lambda match: _word(match.group()), text) if not text.isascii() else text


def _word(char: str) -> str:
    if char in SMILEYS:
        return SMILEYS[char]
    if _MODIFIER.match(char):
        return ""
    name = unicodedata.name(char, "").lower()
    return f"({name})" if name else ""
