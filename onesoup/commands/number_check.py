"""The part of `onesoup doctor` about proxies that state numbers: whether one of them was seen to pass on what phones write, and
whether a made-up number is believed on one way in."""

import secrets
import time
from collections.abc import Iterator

import redis

from onesoup.commands.findings import Finding, fail_finding, note_finding, ok_finding
from onesoup.csp.codec.codec import write_message
from onesoup.csp.codec.envelope import Message, Mode, SessionType, Transaction
from onesoup.csp.codec.generated_elements import WVCSPVersionDiscoveryRequest
from onesoup.csp.text.stated_numbers import DISAGREE_SIGN, TWICE_SIGN, WAPBOX_SIGN
from onesoup.phone.errors import PhoneError
from onesoup.phone.http import PhoneHttpClient
from onesoup.settings import Settings
from onesoup.store.number_doubts import NumberDoubts
from onesoup.store.number_probes import PROBE_AGENT, NumberProbes
from onesoup.wire.codec import media_type
from onesoup.wire.document import Encoding

PROBE_SECONDS = 10.0

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


def probe_findings(settings: Settings, client: redis.Redis, url: str) -> Iterator[Finding]:
    """Sends one request to this URL, as a phone does, with a number of no country in every header for numbers."""
    what = f"numbers by {url}"
    names = ", ".join(settings.number_headers)
    if not settings.number_headers:
        yield ok_finding(what, "number_headers is empty: no number in a header is believed")
        return
    probe, number = secrets.token_hex(8), f"+999{secrets.randbelow(10**9):09}"
    probes = NumberProbes(client)
    probes.begin(probe)
    try:
        _ask(url, PROBE_AGENT + probe, dict.fromkeys(settings.number_headers, number))
    except PhoneError as error:
        yield note_finding(what, f"could not be tried: {error}", "name a URL as phones have it, from a place where they are")
        return
    believed = probes.believed(probe)
    if believed is None:
        yield note_finding(what, "what answers there is no gateway of this Redis", "nothing is known")
    elif believed == number:
        yield fail_finding(
            what,
            f"a number that was made up was believed: whoever asks there opens any account with a number, without a password "
            f"({names})",
            "a proxy on this way passes headers of phones on; or this host itself is in trusted_proxies and was not sent through "
            "a proxy: docs/wap.md, Numbers",
        )
    else:
        yield ok_finding(what, f"a number that was made up was not believed ({names})")


def _ask(url: str, agent: str, headers: dict[str, str]) -> None:
    """A request that changes nothing: which versions the server speaks."""
    asked = Transaction(Mode.REQUEST, "1", WVCSPVersionDiscoveryRequest())
    body = write_message(Message("1.2", Encoding.XML, [asked], None, SessionType.OUTBAND))
    link = PhoneHttpClient(url, agent, PROBE_SECONDS, headers)
    try:
        link.post(body, media_type("1.2", Encoding.XML))
    finally:
        link.close()
