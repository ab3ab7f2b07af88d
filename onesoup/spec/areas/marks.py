"""Short names for the tables of cases: levels, support, encodings."""

from onesoup.spec.case import CaseLevel, Support
from onesoup.wire.document import Encoding

CHAT_LEVEL, OPTIONAL = CaseLevel.CHAT, CaseLevel.OPTIONAL
CLIENT_SEEN, TWO, ONE, FROM_MEMORY = Support.CLIENT, Support.TWO, Support.ONE, Support.UNSURE
XML_ONLY, WBXML_ONLY = (Encoding.XML,), (Encoding.WBXML,)
