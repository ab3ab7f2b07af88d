"""The part of `onesoup doctor` about proxies that state numbers: whether one of them was seen to pass on what phones write."""

import time
from collections.abc import Iterator

import redis

from onesoup.commands.findings import Finding, fail_finding, note_finding, ok_finding
from onesoup.csp.text.stated_numbers import DISAGREE_SIGN, TWICE_SIGN, WAPBOX_SIGN
from onesoup.settings import Settings
from onesoup.store.number_doubts import NumberDoubts

_SEEN = {
    TWICE_SIGN: "one request had {header} twice",
    DISAGREE_SIGN: "one request had {header} with another number than another header",
    WAPBOX_SIGN: "a request with {header} says that it has come through Kannel's wapbox, which passes all headers of phones on",
}
# What no phone can bring about through a proxy that empties these headers.
_PROOF = (TWICE_SIGN, DISAGREE_SIGN)


def number_findings(settings: Settings, client: redis.Redis) -> Iterator[Finding]:
    """Nothing where no header can state a number."""
    if not (settings.number_headers and settings.trusted_proxies):
        return
    names = ", ".join(settings.number_headers)
    doubts = NumberDoubts(client).all()
    for each in doubts:
        grade = fail_finding if each.sign in _PROOF else note_finding
        seen = _SEEN.get(each.sign, each.sign).format(header=each.header)
        yield grade(
            f"proxy {each.proxy}",
            f"seems to pass on what phones write into headers for numbers: {seen}, {_ago(time.time() - each.seen)} ago",
            f"it must empty {names} or leave trusted_proxies, or any phone opens any account with a number: docs/wap.md, Numbers",
        )
    if not doubts:
        yield ok_finding("numbers", f"nothing was seen of a trusted proxy that passes on what phones write into {names}")


def _ago(seconds: float) -> str:
    return f"{seconds / 3600:.0f} h" if seconds >= 5400 else f"{max(seconds, 0) / 60:.0f} min"
