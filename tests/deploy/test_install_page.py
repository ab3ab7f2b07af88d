"""docs/install.md against what is in the repository. Its commands are run by `make test-containers`."""

import re
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

from onesoup.commands.init import BEGIN
from onesoup.settings import ENV_PREFIX, settings_reference
from tests.commands.test_init import everything, run
from tests.containers.install_page import PAGE, blocks

ROOT = Path(__file__).resolve().parents[2]
TEXT = PAGE.read_text()
TAGS = {"": 9, "wheel": 1, "https": 1, "sms": 1, "other-sites": 1, "backup": 1, "restore": 1, "upgrade": 1, "by-hand": 1}


def test_the_page_has_the_blocks_that_are_run():
    assert {tag: len(texts) for tag, texts in blocks(TEXT).items()} == TAGS


@pytest.mark.parametrize("tag", TAGS)
def test_a_shell_can_read_every_block(tag):
    for text in blocks(TEXT)[tag]:
        subprocess.run(["bash", "-n"], input=text, text=True, check=True)


def test_every_setting_that_the_page_names_exists():
    known = {ENV_PREFIX + row["name"].upper() for row in settings_reference()}
    named = set(re.findall(r"\bONESOUP_[A-Z_]+\b", TEXT))
    assert named
    assert named <= known | {name + "_FILE" for name in known}


def test_the_page_says_what_init_writes(tmp_path):
    run(tmp_path, "--sms-prefixes", "+1555")
    listed = re.findall(r"^\| `(/[^`]+)` \|", TEXT, re.MULTILINE)
    for path in everything(tmp_path):
        assert any(fnmatch(f"/{path}", name + ("*" if name.endswith("/") else "")) for name in listed), path


def test_the_page_starts_what_init_says_comes_next():
    (start,) = [line.strip() for line in BEGIN.splitlines() if "enable --now" in line]
    assert start in TEXT


def test_every_unit_that_the_page_names_is_shipped():
    units = {path.stem.rstrip("@") for path in (ROOT / "deploy/systemd").iterdir()}
    commands = "".join(text for texts in blocks(TEXT).values() for text in texts)
    named = set(re.findall(r"\b(onesoup-[a-z]+)(?:@\d)?(?:\.socket|\.service)?\b", commands))
    assert {"onesoup-web", "onesoup-holder", "onesoup-cir"} <= named
    assert named - {"onesoup-stream", "onesoup-init"} <= units


def test_other_pages_lead_to_what_the_page_has():
    heads = set(re.findall(r"^## (.+)$", TEXT, re.MULTILINE))
    assert {"A small host", "Backup", "Restore", "Upgrade", "Ports and firewall", "Before a carrier sends its phones"} <= heads
    for name in re.findall(r'"([A-Z][^"]+)" (?:below|above)', TEXT):
        assert name in heads, name
    for page in re.findall(r"`((?:docs|deploy)/[\w/.-]+)`", TEXT):
        assert (ROOT / page).exists(), page


def test_the_wheel_has_every_file_that_is_no_module():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    packed = {
        path
        for package, patterns in project["package-data"].items()
        for pattern in patterns
        for path in (ROOT / package.replace(".", "/")).glob(pattern)
    }
    for package in ("onesoup", "workers", "cir"):
        for path in (ROOT / package).rglob("*"):
            if path.is_file() and path.suffix not in (".py", ".pyc", ".md"):
                assert path in packed, path
    shared = {path for patterns in project["data-files"].values() for pattern in patterns for path in ROOT.glob(pattern)}
    assert set((ROOT / "deploy/systemd").iterdir()) <= shared
    assert {ROOT / "deploy/nginx.conf", ROOT / "gunicorn.conf.py", PAGE} <= shared
