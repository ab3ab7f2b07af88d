"""F16, F17, F19, F20: clock, disk, versions, keys."""
