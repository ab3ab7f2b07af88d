"""How much memory one call needs at its peak. Run as a process of its own: `python -m tests.support.peak FILE...` prints for each
picture how many KiB a process grew by while it was made fit, how many milliseconds of CPU it took, and what came of it."""

import os
import sys
import time
from pathlib import Path


def status(name: str) -> int:
    """A size of this process, KiB."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise LookupError(name)


def measure(path: str) -> None:
    from onesoup.images.fit import GIF, JPEG, PNG, fit

    data = Path(path).read_bytes()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
    before, began = status("VmRSS"), time.process_time()
    try:
        result = fit(data, [JPEG, PNG, GIF], 30_000)[0]
    except ValueError as error:
        result = str(error)
    print(status("VmHWM") - before, round((time.process_time() - began) * 1000), result, flush=True)


def main(paths: list[str]) -> None:
    """Each in a process that has loaded everything and converted nothing large."""
    measure(paths[0])
    for path in paths:
        child = os.fork()
        if not child:
            measure(path)
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(sys.argv[1:])
