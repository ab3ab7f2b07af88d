"""`make fuzz`: targets one after the other, each for so many minutes, and what breaks goes into a file.

With atheris the branches that a case reaches decide which cases are changed further; without, every case is a new mutant of the
seeds. `python -m tests.fuzz TARGET FILE ...` runs files again, as they were."""

import argparse
import hashlib
import os
import random
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# Nothing of ours is imported up here: what a guided run looks at must be imported by it.
REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("ONESOUP_FUZZ") or REPOSITORY / ".run" / "fuzz")
# A case that takes longer is a finding like any other.
SLOW_SECONDS = 5
REPORT_SECONDS = 10.0
# For libFuzzer, which writes what it has found so far into the corpus and goes on from there the next time.
MOST_BYTES = 300_000
ROUND_SECONDS, MOST_MB = 300.0, 4000
CHILD = "ONESOUP_FUZZ_CHILD"


class Slow(Exception):
    """A case took too long."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("words", nargs="*", metavar="TARGET [FILE ...]", help="targets; or one target and files to run again")
    parser.add_argument("--minutes", type=float, default=20.0)
    options = parser.parse_args()
    if CHILD in os.environ:
        guided(os.environ[CHILD], options.minutes)  # does not return
    files = [Path(each) for each in options.words[1:] if Path(each).is_file()]
    from tests.fuzz.targets import TARGETS

    if files:
        return sum(again(TARGETS[options.words[0]].run, each) for each in files)
    unknown = set(options.words) - set(TARGETS)
    if unknown:
        parser.error(f"no target {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    found: list[Path] = []
    for name in options.words or TARGETS:
        print(f"fuzz: {name}: {TARGETS[name].what}, {options.minutes:g} minutes", flush=True)
        found += _guided(name, options.minutes) if find_spec("atheris") else _by_chance(name, options.minutes)
    for path in found:
        print(f"fuzz: FOUND {path}   again: .venv/bin/python -m tests.fuzz {path.parent.name} {path}")
    print(f"fuzz: {len(found)} findings")
    return 1 if found else 0


def again(run: Callable[[bytes], bool], path: Path) -> int:
    """1 when the file still breaks the target."""
    try:
        print(f"{path}: {'taken' if run(path.read_bytes()) else 'refused'}, nothing is wrong")
    except Exception:
        traceback.print_exc()
        return 1
    return 0


# ---- left to chance


def _by_chance(name: str, minutes: float) -> list[Path]:
    """New mutants until the time is over. Of each kind of failure the first is kept."""
    from tests.fuzz.mutants import mutant
    from tests.fuzz.targets import TARGETS

    target, number = TARGETS[name], random.randrange(2**32)
    print(f"fuzz: {name}: seed {number}")
    rng, seeds, kinds, found = random.Random(number), target.seeds(), set[str](), list[Path]()
    began = shown = time.monotonic()
    count = good = 0
    while (now := time.monotonic()) < began + minutes * 60:
        data = mutant(rng, seeds, target.language)
        count += 1
        try:
            good += _timed(target.run, data)
        except Exception as error:
            kind = _kind(error)
            if kind not in kinds:
                kinds.add(kind)
                found.append(_keep(name, data, error))
        if now - shown > REPORT_SECONDS:
            shown = now
            print(f"fuzz: {name}: {count} cases, {count / (now - began):.0f}/s, {good} taken, {len(found)} found", flush=True)
    return found


def _timed(run: Callable[[bytes], bool], data: bytes) -> bool:
    began = time.process_time()
    taken = run(data)
    if (seconds := time.process_time() - began) > SLOW_SECONDS:
        raise Slow(f"{seconds:.1f} s")
    return taken


def _kind(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} {frame.filename}:{frame.lineno}"


def _keep(name: str, data: bytes, error: Exception) -> Path:
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"crash-{hashlib.sha1(data, usedforsecurity=False).hexdigest()}"
    path.write_bytes(data)
    print(f"fuzz: {name}: {_kind(error)}: {str(error)[:200]}\nfuzz: {name}: written to {path}", flush=True)
    return path


# ---- guided by coverage


def _guided(name: str, minutes: float) -> list[Path]:
    """In processes of their own, since libFuzzer ends the one that it runs in, and its memory grows. The corpus stays, so that
    the next one goes on from there; after a finding too."""
    from tests.fuzz.targets import TARGETS

    folder = FOLDER / name
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for data in TARGETS[name].seeds():
        (corpus / hashlib.sha1(data, usedforsecurity=False).hexdigest()).write_bytes(data)
    (folder / "words").write_text("".join(f'"{_escaped(each)}"\n' for each in TARGETS[name].language.words if each))
    before, until = _artifacts(folder), time.monotonic() + minutes * 60
    while (left := until - time.monotonic()) > 1:
        known = _artifacts(folder)
        argv = [sys.executable, "-m", "tests.fuzz", "--minutes", str(min(left, ROUND_SECONDS) / 60)]
        status = subprocess.run(argv, env=os.environ | {CHILD: name}, cwd=REPOSITORY, check=False).returncode
        if status and _artifacts(folder) == known:
            raise SystemExit(f"fuzz: {name}: the run ended with status {status}, and nothing was found")
    return sorted(_artifacts(folder) - before)


def _artifacts(folder: Path) -> set[Path]:
    return {path for kind in ("crash", "timeout", "oom") for path in folder.glob(f"{kind}-*")}


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word[:64])


def guided(name: str, minutes: float) -> None:
    """Never returns: libFuzzer exits, with 0 when the time is over."""
    import atheris

    with ExitStack() as stack:
        stack.enter_context(atheris.instrument_imports(include=["onesoup", "workers"]))
        from tests.fuzz.targets import TARGETS
    from tests.fuzz.mutants import mutant

    target, folder = TARGETS[name], FOLDER / name
    seeds = target.seeds()

    def one(data: bytes) -> None:
        target.run(data)

    def change(data: bytes, most: int, seed: int) -> bytes:
        """Every other change is one of libFuzzer's own, the rest are ours, which know words."""
        if seed % 2:
            changed: Any = atheris.Mutate(data, most)
            return bytes(changed)
        rng = random.Random(seed)
        return mutant(rng, (data, data, rng.choice(seeds)) if data else seeds, target.language)[:most]

    flags = [f"-max_total_time={round(minutes * 60)}", f"-timeout={SLOW_SECONDS * 2}", f"-max_len={MOST_BYTES}"]
    flags += [f"-artifact_prefix={folder}/", f"-dict={folder / 'words'}", f"-rss_limit_mb={MOST_MB}"]
    atheris.Setup([sys.argv[0], *flags, str(folder / "corpus")], one, custom_mutator=change)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
