"""A CSP phone in software: for the terminal, for tests and for load. Begin with `engine.Phone`.

`transactions` posts and checks; `login`, `contacts`, `messages` and `groups` hold the requests; `terminal` is the screen;
`conversation` plays scripts. It knows nothing of the server but the wire format and the elements of CSP.
"""
