"""A release has one number: what names it agrees with `onesoup.__version__`."""

import re
from pathlib import Path

import pytest

from onesoup import __version__

ROOT = Path(__file__).resolve().parents[2]
NAMED = {
    "deploy/Dockerfile": r"ARG VERSION=(\S+)",
    "deploy/compose/compose.yaml": r"ONESOUP_IMAGE:-onesoup:([\w.]+)",
    "deploy/compose/.env.example": r"ONESOUP_IMAGE=onesoup:([\w.]+)",
    "deploy/k8s/web.yaml": r"image: onesoup:(\S+)",
    "deploy/k8s/holder.yaml": r"image: onesoup:(\S+)",
    "deploy/k8s/cir.yaml": r"image: onesoup:(\S+)",
}


@pytest.mark.parametrize("path", NAMED)
def test_every_file_that_names_the_release_names_this_one(path):
    found = re.findall(NAMED[path], (ROOT / path).read_text(encoding="utf-8"))
    assert found == [__version__] * len(found) != []


def test_the_changelog_has_a_section_of_this_release():
    heads = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert __version__ in heads[:2]
    assert heads[0] in (__version__, "Unreleased")
