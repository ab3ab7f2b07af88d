"""Whether a page is XHTML that phones' browsers take: valid by W3C's DTD of XHTML Basic 1.1, and without what XHTML Mobile
Profile 1.0 lacks. Needs Debian's `libxml2-utils` and `w3c-sgml-lib`; `missing()` says what is not there."""

import re
import shutil
import subprocess
from pathlib import Path

DTD = Path("/usr/share/xml/w3c-sgml-lib/schema/dtd/REC-xhtml-basic-20101123/xhtml-basic11.dtd")
# In XHTML Basic 1.1, and not in XHTML Mobile Profile 1.0.
NOT_MOBILE = re.compile(rb"<(button|sub|sup|tt|script|noscript|bdo|ins|del|map|area|iframe)\b| (?:inputmode|target|on\w+)=")


def missing() -> str:
    if not shutil.which("xmllint"):
        return "there is no xmllint (Debian package libxml2-utils)"
    return "" if DTD.exists() else "there is no DTD of XHTML Basic (Debian package w3c-sgml-lib)"


def faults(page: bytes) -> list[str]:
    """What is wrong with a page, [] for nothing."""
    command = ["xmllint", "--nonet", "--noout", "--dtdvalid", str(DTD), "-"]
    told = subprocess.run(command, input=page, capture_output=True, timeout=20)
    lines = told.stderr.decode(errors="replace").splitlines() if told.returncode else []
    return lines + [f"not in XHTML MP 1.0: {found[0].decode()}" for found in NOT_MOBILE.finditer(page)]
