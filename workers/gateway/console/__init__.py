"""The operators' console: pages on a gateway's admin port below /console. Begin at `routes.py`, the table of its pages.

`serving.py` checks for each request where it comes from, who is logged in, and what that role may do; a page says what it shows
and which actions it has, and cannot leave a check out.
"""
