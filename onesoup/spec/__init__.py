"""`onesoup spec`: asks any IMPS server, from outside, whether phones can use it. Knows no server's inside, onesoup's neither.

Begin at `case.py` (what a case is), then `areas/` (the cases), `column.py` and `run.py` (how they are run).
"""
