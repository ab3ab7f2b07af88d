"""The `onesoup` command: roles, and what operators type.

Each command works on a running cluster, from any host that reaches Redis. Begin at `main.py`.
"""
