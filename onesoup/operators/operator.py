"""Who acts, and on which cluster; and what there is to say when it cannot be done."""

import time
from dataclasses import dataclass

import redis

from onesoup.store.audit import AuditEntry, AuditLog


class OperatorError(Exception):
    """What the operator asked for cannot be done. The text says why, in one line."""


@dataclass(frozen=True, slots=True)
class Operator:
    """`name` is who the audit log says it was. `domain` is that of users who are written without one, `country` the code of
    phone numbers without one."""

    client: redis.Redis
    name: str
    domain: str
    country: str = ""

    def note(self, what: str, whom: str = "", **more: object) -> None:
        """Writes an action into the audit log. No passwords and no texts may be among `more`."""
        note_action(self.client, self.name, what, whom, **more)


def note_action(client: redis.Redis, name: str, what: str, whom: str = "", **more: object) -> None:
    """As Operator.note, for actions that concern no user."""
    told = " ".join(
        f"{field}={','.join(value) if isinstance(value, list) else value}" for field, value in more.items() if value != []
    )
    AuditLog(client).note(AuditEntry(int(time.time()), name, what, whom, told))
