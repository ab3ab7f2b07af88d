"""From tables/wbxml-attrs.tsv; written by tools/make_tables.py. Page and token to attribute, start of its value, element."""

ATTRS: dict[str, dict[int, tuple[str, str, str]]] = {
    "1.0": {
        0x0005: ("xmlns", "http://www.wireless-village.org/CSP", "WV-CSP-Message"),
        0x0006: ("xmlns", "http://www.wireless-village.org/PA", "PresenceSubList"),
        0x0007: ("xmlns", "http://www.wireless-village.org/TRC", "TransactionContent"),
    },
    "1.1": {
        0x0005: ("xmlns", "http://www.wireless-village.org/CSP", "WV-CSP-Message"),
        0x0006: ("xmlns", "http://www.wireless-village.org/PA", "PresenceSubList"),
        0x0007: ("xmlns", "http://www.wireless-village.org/TRC", "TransactionContent"),
    },
    "1.2": {
        0x0005: ("xmlns", "http://www.wireless-village.org/CSP", "WV-CSP-Message"),
        0x0006: ("xmlns", "http://www.wireless-village.org/PA", "PresenceSubList"),
        0x0007: ("xmlns", "http://www.wireless-village.org/TRC", "TransactionContent"),
        0x0008: ("xmlns", "http://www.openmobilealliance.org/DTD/WV-CSP", "WV-CSP-Message"),
        0x0009: ("xmlns", "http://www.openmobilealliance.org/DTD/WV-PA", "PresenceSubList"),
        0x000A: ("xmlns", "http://www.openmobilealliance.org/DTD/WV-TRC", "TransactionContent"),
    },
    "1.3": {
        0x0005: ("xmlns", "http://www.wireless-village.org/CSP", "WV-CSP-Message"),
        0x0006: ("xmlns", "http://www.wireless-village.org/PA", "PresenceSubList"),
        0x0007: ("xmlns", "http://www.wireless-village.org/TRC", "TransactionContent"),
        0x0008: ("xmlns", "http://www.openmobilealliance.org/DTD/WV-CSP", "WV-CSP-Message"),
        0x0009: ("xmlns", "http://www.openmobilealliance.org/DTD/WV-PA", "PresenceSubList"),
        0x000A: ("xmlns", "http://www.openmobilealliance.org/DTD/WV-TRC", "TransactionContent"),
        0x000B: ("xmlns", "http://www.openmobilealliance.org/DTD/IMPS-CSP", "WV-CSP-Message"),
        0x000C: ("xmlns", "http://www.openmobilealliance.org/DTD/IMPS-PA", "PresenceSubList"),
        0x000D: ("xmlns", "http://www.openmobilealliance.org/DTD/IMPS-TRC", "TransactionContent"),
    },
}
