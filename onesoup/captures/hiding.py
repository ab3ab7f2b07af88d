"""Hides what lets somebody in, wherever a capture is shown. Session ids are shown: a conversation is read by them."""

from __future__ import annotations

from dataclasses import replace

from onesoup.captures.annotate import Annotation
from onesoup.captures.spans import VALUE_KINDS, Span
from onesoup.captures.wbxml_spans import STRINGS_NOTE
from onesoup.wire.tree import Element

# The last: what a user answers to get a new password.
SECRET_ELEMENTS = frozenset(("Password", "DigestBytes", "Answer"))
HIDDEN_TEXT = "***"


def hide_secrets(root: Element) -> None:
    """Changes the tree."""
    waiting = [root]
    while waiting:
        element = waiting.pop()
        if element.name in SECRET_ELEMENTS and (element.text or element.children):
            element.text, element.children = HIDDEN_TEXT, ()
        waiting.extend(element.children)


def is_secret(span: Span) -> bool:
    return span.kind in VALUE_KINDS and not SECRET_ELEMENTS.isdisjoint(span.path.split("/"))


def without_secrets(annotation: Annotation) -> tuple[list[Span], set[int]]:
    """The spans with no secret in their notes, and the offsets of those whose bytes must not be shown.

    With a secret in the string table of WBXML, none of the table is shown; nor where an error hides who uses it.
    """
    found: list[Span] = []
    secret: set[int] = set()
    table = annotation.error is not None or not SECRET_ELEMENTS.isdisjoint(annotation.table_used)
    for span in annotation.spans:
        if is_secret(span) or (table and span.kind == "header" and span.note.startswith(STRINGS_NOTE)):
            secret.add(span.start)
            span = replace(span, note="hidden")
        found.append(span)
    return found, secret
