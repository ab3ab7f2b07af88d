"""Logs, traces, the admin port, and what every process tells of itself.

Decides what never reaches a log. Begin at `logs.py`.
"""
