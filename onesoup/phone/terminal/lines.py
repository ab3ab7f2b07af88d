"""Recipient of a typed line. Pure: knows no phone and no screen.

A line that seems to name somebody is never taken for text to somebody else: where it is not clear, the caller gets the name and
finds that nobody is called so.
"""

from collections.abc import Callable

# "see you there: ..." may be a name with a slip in it; a longer sentence is none.
MAX_NAME_WORDS, MAX_TYPED_NAME_LENGTH = 4, 40


def addressed(line: str, known: Callable[[str], bool]) -> tuple[str, str] | None:
    """(name, text) of a line "NAME: text" or "wv:ADDRESS text". None for a line that names nobody, such as "at 10:30"."""
    if line.lower().startswith("wv:"):
        name, _, text = line.partition(" ")
        return name.rstrip(":"), text.strip()
    for place, char in enumerate(line):
        if char == ":" and known(line[:place].strip()) and not _is_smiley(line, place):
            return line[:place].strip(), line[place + 1 :].strip()
    head, _, tail = line.partition(":")
    return (head.strip(), tail.strip()) if _may_be_name(head, tail) else None


def longest_name(text: str, known: Callable[[str], bool]) -> tuple[str, str]:
    """(name, rest) of a text that begins with a name, which may hold blanks. The first word where nothing is known."""
    words = text.split()
    for count in range(len(words), 0, -1):
        if known(" ".join(words[:count])):
            return " ".join(words[:count]), " ".join(words[count:]) if count > 1 else text.partition(" ")[2].strip()
    name, _, rest = text.partition(" ")
    return name, rest.strip()


def _is_smiley(line: str, place: int) -> bool:
    """ "Bob :)" is about Bob, not for him."""
    return line[place - 1 : place].isspace() and not line[place + 1 : place + 2].isspace()


def _may_be_name(head: str, tail: str) -> bool:
    if not head or not tail.strip() or len(head) > MAX_TYPED_NAME_LENGTH or not any(char.isalpha() for char in head):
        return False
    if tail[0].isspace():
        return len(head.split()) <= MAX_NAME_WORDS
    return tail[0].isalnum() and head == head.strip() and len(head.split()) == 1
