"""gunicorn's configuration as it is, with instruments of the bench in each worker."""

import runpy

from bench.instrumented import BENCH_FOLDER, install

_own = runpy.run_path(str(BENCH_FOLDER.parent / "gunicorn.conf.py"))
globals().update({name: value for name, value in _own.items() if not name.startswith("__")})


def post_worker_init(worker):
    _own["post_worker_init"](worker)
    install("web")
