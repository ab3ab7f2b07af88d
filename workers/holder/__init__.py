"""The holder: owns shards by lease, and keeps one XMPP stream for each session of them. It answers no phone.

Begin at `process.py`, then `session/session.py`.
"""

from onesoup.settings import Settings


def main(settings: Settings) -> int:
    """Runs one holder process until it is told to stop. Returns its exit status."""
    from workers.holder.process import main as run

    return run(settings)
