"""The phone in the terminal. Begin with `terminal.Terminal`.

`screen` reads keys and writes lines, `state` knows names and what was shown, `commands` does what is typed, `words` describes
what arrives. The engine knows nothing of this package.
"""
