"""Availability of a phone to the show of XMPP, and back (xmpp-mapping.md 5). Tables."""

# What the phone publishes -> show; None for no show at all.
SHOW_BY_AVAILABILITY = {"AVAILABLE": None, "NOT_AVAILABLE": "away", "DISCREET": "dnd"}
# What a contact shows -> what the phone is told.
AVAILABILITY_OF_SHOW = {"chat": "AVAILABLE", "": "AVAILABLE", "away": "NOT_AVAILABLE", "xa": "NOT_AVAILABLE", "dnd": "DISCREET"}
