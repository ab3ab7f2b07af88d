"""`onesoup holder` with one thing more: SIGUSR1 makes it collect its garbage, so that its memory can be compared."""

from gevent import monkey

monkey.patch_all()

import gc  # noqa: E402
import signal  # noqa: E402

import gevent  # noqa: E402

from onesoup.commands.main import main  # noqa: E402

if __name__ == "__main__":
    gevent.signal_handler(signal.SIGUSR1, gc.collect)
    main()
