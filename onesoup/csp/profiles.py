"""Public profiles of CSP 1.3: properties of a person by name (messages.md 14, xmpp-mapping.md 9). Pure; days are arguments."""

import datetime
import re
from collections.abc import Mapping

from onesoup.csp.codec.generated_elements import Property, PublicProfile
from onesoup.csp.errors import CspError
from onesoup.csp.status import StatusCode

AGE_PROPERTY = "PP_AGE"
# What an XMPP client can show, and what only phones know.
SHARED_PROPERTIES = ("PP_FRIENDLY_NAME", "PP_FREE_TEXT", "PP_CITY", "PP_COUNTRY")
PRIVATE_PROPERTIES = ("PP_GENDER", "PP_INTENTION", "PP_INTERESTS", "PP_MARITAL_STATUS")
WRITABLE_PROPERTIES = (*SHARED_PROPERTIES, *PRIVATE_PROPERTIES)
# In the profile that is read from elsewhere, the birthday stands under this name.
BIRTHDAY_KEY = "birthday"
MAX_PROFILE_VALUE_LENGTH = 200
_DATE = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)")

Profile = Mapping[str, str]


def profile_changes(profile: PublicProfile | None) -> dict[str, str]:
    """The values that a phone wants; "" takes one away. The age is worked out and never written: it is left out. 402 for a
    name that no profile has."""
    wanted: dict[str, str] = {}
    for each in profile.property if profile else ():
        name = (each.name or "").strip().upper()
        if name not in WRITABLE_PROPERTIES and name != AGE_PROPERTY:
            raise CspError(StatusCode.BAD_PARAMETER, "unknown property")
        value = (each.value or "").strip()
        if len(value) > MAX_PROFILE_VALUE_LENGTH:
            raise CspError(StatusCode.BAD_PARAMETER, "value too long")
        if name != AGE_PROPERTY:
            wanted[name] = value
    return wanted


def shown_profile(user_id: str, values: Profile, today: datetime.date) -> PublicProfile:
    """The profile as a phone is told: what is set, in one order."""
    properties = [Property(name=name, value=values[name]) for name in WRITABLE_PROPERTIES if values.get(name)]
    years = age_on(values.get(BIRTHDAY_KEY, ""), today)
    if years is not None:
        properties.insert(0, Property(name=AGE_PROPERTY, value=str(years)))
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
