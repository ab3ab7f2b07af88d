"""The set-up guide: how each family of phones is set up for this server, and what its messages mean.

Owns `phones.toml`, of which the pages /phones and docs/phones.md are made. Refuses to know HTTP, templates and settings.
Begin with `phones.py`."""
