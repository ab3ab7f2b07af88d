"""HTTP of the CIR process: phones that ask, carriers that report; and how carriers' gateways are spoken to.

Begin at `server.py`.
"""
