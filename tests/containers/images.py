"""Where no registry can be reached: images under the names that the compose file wants, made from Debian's packages."""

import re
import shutil
from pathlib import Path

from tests.containers.engine import Engine, Unpacked

HERE = Path(__file__).parent / "images"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
BASE = "debian:trixie-slim"


def wanted(compose: str) -> dict[str, str]:
    """{which Dockerfile of ours: image of the compose file that it stands for}"""
    found = re.findall(r"\$\{(PYTHON|REDIS|NGINX|PROMETHEUS)_IMAGE:-([^}]+)\}", compose)
    return {name.lower(): image for name, image in found}


def make(engine: Engine, compose: str) -> None:
    """Those that are missing."""
    if not isinstance(engine, Unpacked):
        return
    there = set(engine.run("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split())
    if BASE not in there:
        engine.run("import", str(engine.source / engine.base.relative_to(engine.checkout)), BASE)
    context = engine.directory / "context"
    shutil.rmtree(context, ignore_errors=True)
    shutil.copytree(HERE, context)
    if CERTIFICATES.exists():
        shutil.copy(CERTIFICATES, context)
    inside = engine.source / context.relative_to(engine.checkout)
    for name, image in wanted(compose).items():
        if image not in there:
            engine.run("build", "--quiet", "--tag", image, "--file", str(inside / f"{name}.Dockerfile"), str(inside))
