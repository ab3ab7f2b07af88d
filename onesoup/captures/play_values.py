"""Values that differ from play to play: what a server gave, and a phone gave back. They become variables. Pure."""

from typing import Any

# Element -> the variable that stands for its first value.
GIVEN_IDS = {
    "MessageID": "mid",
    "SearchID": "search",
    "InviteID": "invite",
    "SystemMessageID": "system",
    "WatcherID": "watcher",
    "ContactList": "list",
}


class PlayValues:
    """A step captures a value only where a later request uses it."""

    def __init__(self) -> None:
        self._offered: dict[tuple[str, str], tuple[dict[str, Any], str]] = {}
        self._names: dict[tuple[str, str], str] = {}

    def offer(self, step: dict[str, Any], element: str, value: str, path: str) -> None:
        """The answer of this step has the value at this path."""
        self._offered.setdefault((element, value), (step, path))

    def use(self, element: str, value: str) -> str | None:
        """The variable for a value that a request gives back, None for a value of the phone's own."""
        key = (element, value)
        if key not in self._offered:
            return None
        if key not in self._names:
            step, path = self._offered[key]
            captured = step["expect"].setdefault("capture", {})
            same = next((name for name, where in captured.items() if where == path), "")
            self._names[key] = name = same or self._free(GIVEN_IDS[element])
            captured[name] = path
        return "${" + self._names[key] + "}"

    def _free(self, name: str) -> str:
        taken = set(self._names.values())
        number = 1
        while (found := name if number == 1 else f"{name}{number}") in taken:
            number += 1
        return found
