"""What a WAP 1.x gateway between a phone and us needs of an answer: Kannel's wapbox replaces one by 406 whose type the phone has
not named in Accept, and one by 502 that is longer than the phone's WSP session takes."""

import sys
from functools import lru_cache

from onesoup.wire.codec import CSP_TYPES

# In the WSGI environment, since that is looked at for every request.
WAP_GATEWAY = "HTTP_X_WAP_GATEWAY"
ANSWER_SIZE = "HTTP_X_WAP_CLIENT_SDU_SIZE"
# A smaller size is a mistake. WSP's own default is 1400.
LEAST_ANSWER_BYTES = 512
# wapbox compiles answers of these types, or changes their character set.
_REWRITTEN = frozenset({"text/vnd.wap.wml", "text/vnd.wap.wmlscript", "application/xhtml+xml", "application/vnd.wap.xhtml+xml"})


@lru_cache(maxsize=64)  # phones send the same few
def passing_type(kind: str, accept: str) -> str:
    """The Content-Type with which an answer of this type passes: its own where the phone accepts it or nothing would help, else
    another one that the phone accepts. Phones know a CSP answer by its first byte."""
    accepted = [each.partition(";")[0].strip().lower() for each in accept.split(",")]
    own = kind.partition(";")[0].lower()
    if own in accepted or "*/*" in accepted:
        return kind
    usable = [each for each in accepted if "/" in each and "*" not in each and each not in _REWRITTEN]
    return min(usable, key=lambda each: _rank(each, own), default=kind)


def _rank(kind: str, own: str) -> int:
    """The lower, the likelier it is that a phone gives an answer of this type to its chat client, byte for byte."""
    if any({own, kind} <= types for types in CSP_TYPES):
        return 0
    if kind == "application/octet-stream":
        return 1
    return 2 if kind.startswith("application/") else 3


def answer_room(size: str) -> int:
    """The longest answer that the phone's WSP session takes, by the gateway's header; 0 and nonsense mean any."""
    if size.isascii() and size.isdigit() and len(size) < 10 and int(size) >= LEAST_ANSWER_BYTES:
        return int(size)
    return sys.maxsize
