"""What Redis keeps of an account beyond its sessions: links, lists, blocks, groups, log-in limits, the key ring.

Each hash has a limit. Begin at `accounts.py`.
"""
