"""What is wrong with a capture as a whole. What is wrong with one of its documents is a `WireError`."""


class CaptureError(ValueError):
    """The file holds no capture that can be read. The text says why, for a person."""
