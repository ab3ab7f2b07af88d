"""Starts a role of onesoup in which some functions are wrapped, for the bench: nothing of this is in the product."""

import importlib
import os
from pathlib import Path

BENCH_FOLDER = Path(__file__).resolve().parent
# The module whose install(role) wraps them.
MODULE_VARIABLE = "BENCH_INSTRUMENTS"


def run_role(role: str, module: str) -> None:
    """The role, which stands in sys.argv too, until it ends. In a gateway the workers are instrumented, not their master."""
    from onesoup.commands import roles
    from onesoup.commands.main import main

    os.environ[MODULE_VARIABLE] = module
    if role == "web":
        roles._gunicorn_conf = lambda: BENCH_FOLDER / "instrumented.conf.py"
    else:
        install(role)
    main()


def install(role: str) -> None:
    importlib.import_module(os.environ[MODULE_VARIABLE]).install(role)
