"""The demo, and the private servers and whole stacks that tests start.

Begin at `stack.py`.
"""
