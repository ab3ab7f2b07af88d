"""Every setting, with its help, its limits and an example. Read once, at the start.

Knows text and files; knows no Redis and no socket. Begin at `settings.py`.
"""
