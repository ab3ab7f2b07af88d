"""The settings by subject. Each module declares one section; `fields.py` joins them to one `Settings`."""
