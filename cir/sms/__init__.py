"""Short messages: their encodings, their jobs, the carrier's gateway, what phones say by SMS.

Begin at `carrier.py`.
"""
