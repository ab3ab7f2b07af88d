"""Load on a running onesoup, with an account of every message, and a proxy that breaks what passes through it."""
