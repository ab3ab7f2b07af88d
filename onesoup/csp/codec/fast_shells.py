"""The envelope of a message as elements like any other, for fast_wbxml_reader alone: values, no rules.

None in a field that stands for one child: it was absent. The fields begin as those of the class, which costs nothing.
"""

from __future__ import annotations

from typing import Any


class Root:
    session: Any = None


class SessionShell:
    descriptor: Any = None
    poll: Any = None
    cir: Any = None

    def __init__(self) -> None:
        self.transactions: list[Any] = []


class SessionDescriptor:
    session_type: Any = None
    session_id: Any = None


class TransactionShell:
    descriptor: Any = None
    content: Any = None


class TransactionDescriptor:
    mode: Any = None
    transaction_id: Any = None
    poll: Any = None


class Content:
    primitive: Any = None
