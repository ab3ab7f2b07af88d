"""Errors of settings documents."""


class ProvisioningError(ValueError):
    """A document that phones would not take, or bytes that are none. The text says what is wrong, for people."""
