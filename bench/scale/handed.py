"""Starts a role of onesoup with a listening socket that the starter keeps, as systemd does for its socket units.

`python -m bench.scale.handed ROLE`, with the descriptor in BENCH_SOCKET. A gateway keeps its metrics by the port of its settings:
two that share a socket have ports of their own there, BENCH_HTTP_PORT."""

import os
import sys
from pathlib import Path

SOCKET_VARIABLE, PORT_VARIABLE = "BENCH_SOCKET", "BENCH_HTTP_PORT"
FIRST_DESCRIPTOR = 3


def main(role: str) -> None:
    given = int(os.environ.pop(SOCKET_VARIABLE))
    if given == FIRST_DESCRIPTOR:
        os.set_inheritable(given, True)
    else:
        os.dup2(given, FIRST_DESCRIPTOR)
        os.close(given)
    os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
    if port := os.environ.pop(PORT_VARIABLE, ""):
        os.environ["ONESOUP_HTTP_PORT"] = port
    program = str(Path(sys.prefix, "bin", "onesoup"))
    os.execv(program, [program, role])


if __name__ == "__main__":
    main(sys.argv[1])
