"""Public profiles of CSP 1.3: properties of a person by name (messages.md 14, xmpp-mapping.md 9). Pure; days are arguments."""

import datetime
import re
from collections.abc import Mapping

from onesoup.csp.codec.generated_elements import Property, PublicProfile
from onesoup.csp.errors import CspError
from onesoup.csp.status import StatusCode

AGE = "PP_AGE"
# What an XMPP client can show, and what only phones know.
SHARED = ("PP_FRIENDLY_NAME", "PP_FREE_TEXT", "PP_CITY", "PP_COUNTRY")
PRIVATE = ("PP_GENDER", "PP_INTENTION", "PP_INTERESTS", "PP_MARITAL_STATUS")
WRITABLE = (*SHARED, *PRIVATE)
# In the profile that is read from elsewhere, the birthday stands under this name.
BIRTHDAY = "birthday"
MAX_VALUE = 200
_DATE = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)")

Profile = Mapping[str, str]


def profile_changes(profile: PublicProfile | None) -> dict[str, str]:
    """The values that a phone wants; "" takes one away. The age is worked out and never written: it is left out. 402 for a
    name that no profile has."""
    wanted: dict[str, str] = {}
    for each in profile.property if profile else ():
        name = (each.name or "").strip().upper()
        if name not in WRITABLE and name != AGE:
            raise CspError(StatusCode.BAD_PARAMETER, "unknown property")
        value = (each.value or "").strip()
        if len(value) > MAX_VALUE:
            raise CspError(StatusCode.BAD_PARAMETER, "value too long")
        if name != AGE:
            wanted[name] = value
    return wanted


def shown_profile(user_id: str, values: Profile, today: datetime.date) -> PublicProfile:
    """The profile as a phone is told: what is set, in one order."""
    properties = [Property(name=name, value=values[name]) for name in WRITABLE if values.get(name)]
    years = age_on(values.get(BIRTHDAY, ""), today)
    if years is not None:
        properties.insert(0, Property(name=AGE, value=str(years)))
    return PublicProfile(user_id=user_id, property=properties)


def age_on(birthday: str, today: datetime.date) -> int | None:
    """Whole years; None for what is no date, lies in the future or more than 150 years back."""
    match = _DATE.match(birthday.strip())
    if match is None:
        return None
    year, month, day = (int(part) for part in match.groups())
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    years = today.year - year - ((today.month, today.day) < (month, day))
    return years if 0 <= years <= 150 else None
