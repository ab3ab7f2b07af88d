#!/usr/bin/env python3
"""Writes the words for status codes of the phone in the browser from those of the terminal phone: refusal_words.js.

usage: make_refusal_words.py [--check]      --check writes nothing and exits with 1 when the module is not what the tables say
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from onesoup.phone.terminal.refusals import LOGIN_SENTENCES, SENTENCES  # noqa: E402

TARGET = ROOT / "workers" / "gateway" / "web" / "browser_phone" / "phone" / "refusal_words.js"
HEAD = """\
/** Status codes of CSP in words, from onesoup/phone/terminal/refusals.py. Written by tools/make_refusal_words.py: change that. */
"""
# What only a terminal offers stands behind a semicolon.
TERMINAL_ONLY = ("; /", "; try --")


def words(sentence: str) -> str:
    for mark in TERMINAL_ONLY:
        sentence = sentence.partition(mark)[0]
    return sentence


def table(name: str, sentences: Mapping[int, str]) -> str:
    rows = "".join(f"  {int(code)}: {json.dumps(words(sentence))},\n" for code, sentence in sorted(sentences.items()))
    return f"\nexport const {name} = {{\n{rows}}};\n"


def module() -> str:
    return (
        HEAD
        + table("REFUSALS", SENTENCES)
        + "\n// What the same codes mean at log-in."
        + table("LOGIN_REFUSALS", LOGIN_SENTENCES)
    )


def main() -> int:
    text = module()
    if "--check" in sys.argv[1:]:
        return int(not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text)
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
