"""The operator's description of this service, for phones that ask (GetSPInfo)."""

import base64
from dataclasses import dataclass
from pathlib import Path

from onesoup.csp.codec.generated_elements import ClientID, GetSPInfoResponse, Logo
from onesoup.csp.presence import Picture
from onesoup.settings import ENV_PREFIX, Settings, SettingsError

# In BASE64 it must fit into an answer that every phone can read.
MAX_LOGO_BYTES = 10_000


@dataclass(frozen=True, slots=True)
class Provider:
    """The operator's settings. "" and None are left out of the answer."""

    name: str = "onesoup"
    description: str = ""
    url: str = ""
    logo: Picture | None = None

    def answer(self, client_id: ClientID | None) -> GetSPInfoResponse:
        return GetSPInfoResponse(
            client_id=client_id,
            name=self.name,
            logo=_element(self.logo) if self.logo else None,
            description=self.description or None,
            url=self.url or None,
        )


def _element(logo: Picture) -> Logo:
    kind, octets = logo
    data = base64.b64encode(octets).decode()
    return Logo(content_type=kind, content_size=len(octets), content_encoding="BASE64", content_data=data)


def provider_of(settings: Settings) -> Provider:
    """The provider from the settings. SettingsError for a logo that cannot be read, is no picture or is too large."""
    logo = _logo(settings.provider_logo) if settings.provider_logo else None
    return Provider(settings.provider_name, settings.provider_description, settings.provider_url, logo)


def _logo(path: str) -> Picture:
    from onesoup.images import fit  # a library of pictures, of no use to a process without a logo

    try:
        octets = Path(path).read_bytes()
    except OSError as error:
        raise _unusable(path, error.strerror or "cannot be read") from None
    kind = fit.kind(octets)
    if kind is None:
        raise _unusable(path, "is no picture that phones know")
    if len(octets) > MAX_LOGO_BYTES:
        raise _unusable(path, f"has {len(octets)} bytes, {MAX_LOGO_BYTES} are the most")
    return kind, octets


def _unusable(path: str, reason: str) -> SettingsError:
    return SettingsError(f"provider_logo={path}: {reason}; example: {ENV_PREFIX}PROVIDER_LOGO=/etc/onesoup/logo.png")
