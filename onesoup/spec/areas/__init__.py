"""The cases, one module for each area. A case is data and a function; `../case.py` says what they are made of."""

from onesoup.spec.areas import (
    cir,
    delivery,
    encoding,
    errors,
    groups,
    hostile,
    invitations,
    lists,
    messages,
    presence,
    search,
    session,
    texts,
    transport,
)
from onesoup.spec.case import Area, Case

# These add to the area messages.
_ = texts, delivery

AREAS: tuple[Area, ...] = tuple(
    module.area
    for module in (
        transport,
        encoding,
        session,
        lists,
        presence,
        messages,
        groups,
        invitations,
        search,
        cir,
        errors,
        hostile,
    )
)

ALL_CASES: tuple[Case, ...] = tuple(case for area in AREAS for case in area.cases)
