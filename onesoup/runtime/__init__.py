"""What every process needs: the scheduler, networks, ports, systemd, rate limits, ids.

Knows no store and no protocol. Begin at `scheduler.py`.
"""
