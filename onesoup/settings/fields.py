"""`Settings`: every setting of onesoup in one frozen object. The sections declare them, by subject.

A table in onesoup.toml is a prefix: `url` under [sms] is the field `sms_url`.
"""

from dataclasses import dataclass

from onesoup.csp.text.addresses import bare
from onesoup.settings.declare import Domains
from onesoup.settings.sections.accounts import AccountSettings
from onesoup.settings.sections.cir import CirSettings
from onesoup.settings.sections.gateway import GatewaySettings
from onesoup.settings.sections.operation import OperationSettings
from onesoup.settings.sections.sms import SmsSettings
from onesoup.settings.sections.storage import StorageSettings
from onesoup.settings.sections.xmpp import XmppSettings


# dataclass collects fields from the last base to the first: the reference begins with storage.
@dataclass(frozen=True)
class Settings(
    OperationSettings,
    SmsSettings,
    CirSettings,
    XmppSettings,
    AccountSettings,
    GatewaySettings,
    StorageSettings,
):
    def __post_init__(self) -> None:
        if not self.stcp_bind:
            object.__setattr__(self, "stcp_bind", self.bind)  # the only way into a frozen object

    @property
    def allowed_domains(self) -> Domains:
        """The domains that a phone may log in to."""
        return Domains(map(bare, (*self.domains, self.domain)))
