"""WVSettings, the older settings document (handsets.md 4.2, ota.md 4.3): experimental. Nothing that could check it is left but
the parser of S60, and some values are guesses."""

from onesoup.provisioning.documents import ImpsSettings

WV_SETTINGS_HEADER = bytes((0x03, 0x01, 0x6A, 0x00))
# handsets.md 4.2
TAGS = {
    "WVCommon": 0x05,
    "WVHTTP": 0x06,
    "WVOTAVersion": 0x07,
    "WVPassword": 0x08,
    "WVSAPFourWaySupported": 0x10,
    "WVSAPURI": 0x12,
    "WVSettings": 0x13,
    "WVSettingsName": 0x14,
    "WVSupportedVersion": 0x17,
    "WVUserID": 0x18,
}
_CONTENT, _END, _STRING = 0x40, 0x01, 0x03


def encode(settings: ImpsSettings, version: str = "1.1") -> bytes:
    """The bytes of a WVSettings document. `version`: the CSP version that the phone is told to speak."""
    common = [("WVSettingsName", settings.name), ("WVSupportedVersion", version), ("WVUserID", settings.user_id)]
    if settings.password:
        common.append(("WVPassword", settings.password))
    http = [("WVSAPURI", settings.url), ("WVSAPFourWaySupported", "F")]
    inside = _text("WVOTAVersion", "1.0") + _element("WVCommon", _texts(common)) + _element("WVHTTP", _texts(http))
    return WV_SETTINGS_HEADER + _element("WVSettings", inside)


def _texts(pairs: list[tuple[str, str]]) -> bytes:
    return b"".join(_text(name, value) for name, value in pairs)


def _text(name: str, value: str) -> bytes:
    return _element(name, bytes((_STRING,)) + value.encode() + b"\0")


def _element(name: str, content: bytes) -> bytes:
    return bytes((TAGS[name] | _CONTENT,)) + content + bytes((_END,))
