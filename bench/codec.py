"""Part codec: CPU microseconds a document, every vector in every direction, beside plain yardsticks of the same round."""

import importlib.util
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType

from bench import libwbxml, vectors, yardstick
from bench.parts import REPOSITORY, Scale, say
from bench.report import Figure, Spread
from onesoup.csp.codec.codec import UnreadableBody, read_message, write_message
from onesoup.csp.codec.envelope import Malformed, Message, Unknown
from onesoup.wire import codec
from onesoup.wire.errors import WireError

MAX_CODEC_RATIO, MAX_DECODE_RATIO, MAX_ENCODE_RATIO, MAX_XML_RATIO = 1.5, 1.0, 0.4, 2.0
# A second yardstick, by another hand, where it lies beside the repository.
OTHER_CODEC = REPOSITORY / "../shared/bench/codec/pywbxml.py"

Job = Callable[[], object]


@dataclass
class Case:
    """One document and what is done with it. A job's time is kept for each round, in microseconds."""

    name: str
    octets: int
    jobs: dict[str, Job]
    times: dict[str, list[float]] = field(default_factory=dict)

    def time(self, name: str) -> float:
        return statistics.median(self.times[name])

    def sum(self, *names: str) -> float:
        return sum(self.time(name) for name in names)

    def has(self, *names: str) -> bool:
        return all(name in self.times for name in names)


def run(scale: Scale) -> list[Figure]:
    cases = _cases(scale.documents)
    say(f"codec: {len(cases)} documents")
    for number in range(scale.rounds):
        for case in cases:
            for name, job in case.jobs.items():
                case.times.setdefault(name, []).append(measure(job, scale.codec_seconds))
        say(f"codec: round {number + 1} of {scale.rounds}")
    return _figures(cases)


def measure(job: Job, seconds: float) -> float:
    """CPU microseconds of one call: the best of three runs of about `seconds` altogether."""
    began = time.process_time()
    job()
    once = max(time.process_time() - began, 1e-6)
    loops = max(3, int(seconds / 3 / once))
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        for _ in range(loops):
            job()
        best = min(best, (time.process_time() - began) / loops)
    return best * 1e6


def _cases(most: int) -> list[Case]:
    other, library = _other_yardstick(), libwbxml.load()
    if library is None:
        say("codec: no libwbxml; its figures are left out")
    found = (_case(vector, other, library) for vector in vectors.load())
    return [case for case in found if case is not None][:most]


def _case(vector: vectors.Vector, other: ModuleType | None, library: libwbxml.Libwbxml | None) -> Case | None:
    """None for a document that carries no message with a known primitive: there is nothing to compare then."""
    try:
        message = read_message(vector.wbxml)
        if any(isinstance(each.content, Malformed | Unknown) for each in message.transactions) or message.version == "1.0":
            return None
        write_message(message)
    except (WireError, UnreadableBody):
        return None
    jobs = _jobs("wbxml", vector.wbxml, message)
    jobs |= _yardstick_jobs("plain", yardstick, vector.wbxml)
    if other is not None:
        jobs |= _yardstick_jobs("other", other, vector.wbxml)
    if library is not None:
        jobs |= _library_jobs(library, vector.wbxml)
    if vector.xml:
        try:
            jobs |= _jobs("xml", vector.xml, read_message(vector.xml))
        except (WireError, UnreadableBody):
            say(f"codec: the XML of {vector.name} is not read")
    return Case(vector.name, len(vector.wbxml), jobs)


def _jobs(kind: str, octets: bytes, message: Message) -> dict[str, Job]:
    return {
        f"{kind} tree": lambda: codec.decode(octets),
        f"{kind} typed": lambda: read_message(octets),
        f"{kind} encode": lambda: write_message(message),
    }


def _yardstick_jobs(name: str, module: ModuleType, octets: bytes) -> dict[str, Job]:
    """Nothing for a document that the yardstick does not bring through and back."""
    try:
        version, root = module.decode(octets)
        if module.decode(module.encode(version, root))[1] != root:
            return {}
    except (LookupError, ValueError, ArithmeticError, TypeError):
        return {}
    return {f"{name} decode": lambda: module.decode(octets), f"{name} encode": lambda: module.encode(version, root)}


def _library_jobs(library: libwbxml.Libwbxml, octets: bytes) -> dict[str, Job]:
    """Nothing for a document that libwbxml does not read or write back."""
    xml = library.to_xml(octets)
    if xml is None or library.to_wbxml(xml) is None:
        return {}
    return {
        "library read": lambda: library.to_xml(octets),
        "library parse": lambda: library.parse(xml),
        "library write": lambda: library.to_wbxml(xml),
        "library call": library.nothing,
    }


def _other_yardstick() -> ModuleType | None:
    if not OTHER_CODEC.exists():
        return None
    os.environ["TABLES"] = str(REPOSITORY / "tables")
    spec = importlib.util.spec_from_file_location("other_yardstick", OTHER_CODEC)
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _figures(cases: list[Case]) -> list[Figure]:
    figures = [_single(cases, f"{kind} {job}") for kind in ("wbxml", "xml") for job in ("tree", "typed", "encode")]
    figures.append(_beside_wbxml(cases))
    if any(case.has("library read") for case in cases):
        decode, encode = "WBXML decode to primitive, beside libwbxml + lxml", "WBXML encode from primitive, beside libwbxml"
        figures.append(_beside_library(cases, decode, "wbxml typed", ("library read", "library parse"), MAX_DECODE_RATIO))
        figures.append(_beside_library(cases, encode, "wbxml encode", ("library write",), MAX_ENCODE_RATIO))
    figures.append(_round_trip(cases, "plain", "plain yardstick", MAX_CODEC_RATIO))
    if any(case.has("other decode") for case in cases):
        figures.append(_round_trip(cases, "other", "shared yardstick", MAX_CODEC_RATIO))
    return figures


def _single(cases: list[Case], name: str) -> Figure:
    times = [case.time(name) for case in cases if case.has(name)]
    words = {"tree": "decode to tree", "typed": "decode to primitive", "encode": "encode from primitive"}
    kind, _, job = name.partition(" ")
    title = f"{kind.upper()} {words[job]}"
    return Figure("codec", title, "us", Spread.of(times), note=f"median, least and most of {len(times)} documents")


def _beside_wbxml(cases: list[Case]) -> Figure:
    """The ratio of the medians over the documents, for each round."""
    both = [case for case in cases if case.has("xml typed")]
    rounds = range(len(both[0].times["xml typed"]))
    xml, wbxml = (
        [statistics.median(case.times[name][n] for case in both) for n in rounds] for name in ("xml typed", "wbxml typed")
    )
    ratio = Spread.of(a / b for a, b in zip(xml, wbxml, strict=True))
    title, note = "XML decode to primitive, beside WBXML", f"{len(both)} documents"
    return Figure("codec", title, "us", Spread.of(xml), Spread.of(wbxml), "us, WBXML", ratio, MAX_XML_RATIO, note)


def _beside_library(cases: list[Case], title: str, own: str, theirs: tuple[str, ...], goal: float) -> Figure:
    """The ratio of the medians over the documents, for each round. What the calls through ctypes cost is taken off."""
    both = [case for case in cases if case.has(own, *theirs)]
    mine, anchors = [], []
    for number in range(len(both[0].times[own])):
        mine.append(statistics.median(case.times[own][number] for case in both))
        anchors.append(
            statistics.median(
                sum(case.times[name][number] for name in theirs) - case.times["library call"][number] for case in both
            )
        )
    ratio = Spread.of(a / b for a, b in zip(mine, anchors, strict=True))
    note = f"{len(both)} documents that libwbxml reads and writes back"
    return Figure("codec", title, "us", Spread.of(mine), Spread.of(anchors), "us, libwbxml", ratio, goal, note)


def _round_trip(cases: list[Case], anchor: str, anchor_name: str, goal: float) -> Figure:
    """The ratio is that of the medians over the documents, for each round; the note has that of each document by itself."""
    both = [case for case in cases if case.has(f"{anchor} decode", "wbxml typed")]
    own, theirs = ("wbxml typed", "wbxml encode"), (f"{anchor} decode", f"{anchor} encode")
    rounds = range(len(both[0].times[own[0]]))
    mine = [statistics.median(sum(case.times[name][n] for name in own) for case in both) for n in rounds]
    anchors = [statistics.median(sum(case.times[name][n] for name in theirs) for case in both) for n in rounds]
    single = Spread.of(case.sum(*own) / case.sum(*theirs) for case in both)
    return Figure(
        "codec",
        "WBXML decode to primitive + encode back",
        "us",
        Spread.of(mine),
        Spread.of(anchors),
        f"us, {anchor_name}",
        Spread.of(a / b for a, b in zip(mine, anchors, strict=True)),
        goal,
        f"{len(both)} documents that the yardstick reads and writes; document by document the ratio is "
        f"{single.median:.2f} ({single.low:.2f}-{single.high:.2f})",
    )
