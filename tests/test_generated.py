"""What tools write into the repository is what they would write today."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("tool", ["make_elements.py", "make_docs.py"])
def test_a_generated_file_is_up_to_date(tool):
    done = subprocess.run([sys.executable, ROOT / "tools" / tool, "--check"], cwd=ROOT, capture_output=True, timeout=60)
    assert done.returncode == 0, f"run tools/{tool}"
