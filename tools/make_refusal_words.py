#!/usr/bin/env python3
"""Writes the words for status codes of the phone in the browser from those of the terminal phone: refusal_words.js.

usage: make_refusal_words.py [--check]      --check writes nothing and exits with 1 when the module is not what the tables say
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from generated import write_or_check

from onesoup.phone.terminal.refusals import LOGIN_BEGINNINGS, LOGIN_SENTENCES, SENTENCES

ROOT = Path(__file__).resolve().parent.parent
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


def begun(name: str, sentences: Mapping[str, str]) -> str:
    rows = "".join(f"  {json.dumps(begin)}: {json.dumps(words(sentence))},\n" for begin, sentence in sentences.items())
    return f"\nexport const {name} = {{\n{rows}}};\n"


def module() -> str:
    return (
        HEAD
        + table("REFUSALS", SENTENCES)
        + "\n// What the same codes mean at log-in."
        + table("LOGIN_REFUSALS", LOGIN_SENTENCES)
        + "\n// What a refused log-in means where the server's words begin so."
        + begun("LOGIN_BEGINNINGS", LOGIN_BEGINNINGS)
    )


def files() -> dict[Path, str]:
    return {TARGET: module()}


if __name__ == "__main__":
    sys.exit(write_or_check(files()))
