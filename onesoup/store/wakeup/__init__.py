"""What Redis keeps of wake-ups and short messages: what is due, what was tried, what it may cost.

Knows no bearer's bytes. Begin at `wakes.py`.
"""
