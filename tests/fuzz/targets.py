"""The table of targets: what can be given bytes that nobody wrote on purpose."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from onesoup.wire.document import Encoding
from tests.fuzz import captures, decoders, documents, stanzas, ways
from tests.fuzz.mutants import Language


@dataclass(frozen=True)
class Target:
    """`run` is given any bytes; it returns whether they were taken for something good, and raises when something is wrong.
    `good`: so many of a thousand mutants are, at the least, or the mutants do not get far. `modules` are those whose branches
    a coverage-guided run looks at."""

    name: str
    what: str
    run: Callable[[bytes], bool]
    seeds: Callable[[], Sequence[bytes]]
    language: Language
    good: int
    modules: tuple[str, ...] = ("onesoup.wire", "onesoup.csp")
    cases: int = 20_000


def _of(encoding: Encoding) -> Callable[[], Sequence[bytes]]:
    return lambda: documents.seeds(encoding)


TARGETS = {
    each.name: each
    for each in (
        Target("wbxml", "bytes to a tree, WBXML", decoders.any_tree, _of(Encoding.WBXML), documents.WBXML, 200),
        Target("xml", "bytes to a tree, XML", decoders.any_tree, _of(Encoding.XML), documents.XML, 50),
        Target("pts", "bytes to a tree, plain text syntax (SMS)", decoders.any_line, _of(Encoding.PTS), documents.PTS, 200),
        Target("direct", "the short way and the tree, both ways", ways.both_ways, _of(Encoding.WBXML), documents.WBXML, 50),
        Target("events", "expat's events and the tree, both ways", ways.both_ways, _of(Encoding.XML), documents.XML, 30),
        Target(
            "stanzas",
            "what XMPP servers and strangers send",
            stanzas.any_stanzas,
            stanzas.seeds,
            stanzas.DECISIONS,
            200,
            ("onesoup.xmpp", "onesoup.csp", "workers"),
            10_000,
        ),
        Target(
            "recordings",
            "pcap, pcapng and HTTP that somebody recorded",
            captures.any_capture,
            captures.recordings,
            captures.RECORDED,
            200,
            ("onesoup.captures", "onesoup.wire"),
            3_000,
        ),
        Target(
            "dumps",
            "bytes that somebody wrote down as text",
            captures.any_capture,
            captures.texts,
            captures.WRITTEN,
            200,
            ("onesoup.captures", "onesoup.wire"),
            3_000,
        ),
        Target("polls", "polls by sight and the tree", ways.by_sight, documents.polls, documents.POLLS, 30),
    )
}
