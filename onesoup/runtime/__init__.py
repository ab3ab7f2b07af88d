"""What any process needs: the scheduler, networks, ports, systemd, giving others their turn.

Knows no store and no protocol. Begin at `scheduler.py`.
"""
