"""`python -m onesoup.load.crowd PLAN.json`: commands by line on standard input, JSON lines on standard output."""

from gevent import monkey

monkey.patch_all()

import gc  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import gevent  # noqa: E402
from gevent.fileobject import FileObject  # noqa: E402

from onesoup.load.crowd.crowd import Crowd  # noqa: E402
from onesoup.load.crowd.plan import CrowdPlan  # noqa: E402


def say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def obey(crowd: Crowd, name: str, values: list[str]) -> None:
    """Carries one command out, and says so when it is done."""
    commands = {
        "login": lambda: crowd.login(int(values[0])),
        "mix": lambda: crowd.mix(float(values[0])),
        "quiet": crowd.quiet,
        "logout": lambda: crowd.logout(int(values[0])),
        "report": crowd.report,
    }
    try:
        found = commands[name]()
    except (KeyError, IndexError, ValueError) as error:
        say({"error": f"{name}: {error!r}"})
        return
    say({"done": name} | (found or {}))


def tell(crowd: Crowd) -> None:
    while True:
        gevent.sleep(1.0)
        say(crowd.state())


def main() -> None:
    crowd = Crowd(CrowdPlan.read(Path(sys.argv[1])))
    # What is there now stays; phones make no circles of references while they work.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    gevent.spawn(tell, crowd)
    say({"ready": crowd.plan.name})
    for line in FileObject(sys.stdin.buffer, "rb"):
        words = line.decode().split()
        if words == ["end"]:
            break
        if words:
            gevent.spawn(obey, crowd, words[0], words[1:])
    crowd.close()
    say({"done": "end"})


if __name__ == "__main__":
    main()
