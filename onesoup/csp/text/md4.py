"""MD4 (RFC 1320), which some phones still name as their only digest schema. OpenSSL 3 leaves it out, and with it hashlib.

It is broken as a hash of documents; here it only proves that a phone knows a password and a nonce that is used once."""

import struct

_ROUNDS = (
    # The constant, the order of the words, the shifts: one line for each round.
    (0x00000000, tuple(range(16)), (3, 7, 11, 19)),
    (0x5A827999, (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), (3, 5, 9, 13)),
    (0x6ED9EBA1, (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15), (3, 9, 11, 15)),
)
_START = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)
_MASK = 0xFFFFFFFF


def md4(data: bytes) -> bytes:
    """The 16 octets of the digest."""
    padded = data + b"\x80" + b"\0" * (-(len(data) + 9) % 64) + struct.pack("<Q", len(data) * 8 & 0xFFFFFFFFFFFFFFFF)
    state = _START
    for words in struct.iter_unpack("<16I", padded):
        state = _block(state, words)
    return struct.pack("<4I", *state)


def _block(state: tuple[int, int, int, int], words: tuple[int, ...]) -> tuple[int, int, int, int]:
    a, b, c, d = state
    for number, (constant, order, shifts) in enumerate(_ROUNDS):
        for step, place in enumerate(order):
            total = (a + _mix(number, b, c, d) + words[place] + constant) & _MASK
            shift = shifts[step % 4]
            a, b, c, d = d, (total << shift | total >> (32 - shift)) & _MASK, b, c
    first, second, third, fourth = state
    return (first + a) & _MASK, (second + b) & _MASK, (third + c) & _MASK, (fourth + d) & _MASK


def _mix(number: int, x: int, y: int, z: int) -> int:
    if number == 0:
        return x & y | ~x & z & _MASK
    if number == 1:
        return x & y | x & z | y & z
    return x ^ y ^ z
