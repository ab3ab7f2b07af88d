"""Thousands of phones in one process, cheap enough to share a machine with the server that they try.

`python -m onesoup.load.crowd PLAN.json` is one such process; `bench/scale` starts several and joins what they report.
"""
