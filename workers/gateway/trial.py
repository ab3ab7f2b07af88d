"""What a new worker of the gateway does first, with the settings as they are now, in a process of its own that then ends.

`python -m workers.gateway.trial` ends with status 1, and the reason as the last line, when a worker could not start: gunicorn
ends a gateway whose new workers cannot.
"""

from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402

from onesoup.runtime.usable_settings import load_usable_settings  # noqa: E402
from onesoup.settings import SettingsError  # noqa: E402


def main() -> int:
    try:
        settings = load_usable_settings()
        from workers.gateway.app import create_app

        create_app(settings)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
