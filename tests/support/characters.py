"""What no phone is shown, whoever has written it."""

# The controls of ISO 8859, and what turns the direction of writing.
NOT_FOR_PHONES = "".join(map(chr, [*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]))
