"""HTTP from bytes, with deadlines and budgets, for the gateway, the CIR port and the admin port.

Knows no CSP (docs/adr/0005). Begin at `requests.py`.
"""
