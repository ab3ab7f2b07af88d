"""From tables/doctypes.tsv; written by tools/make_tables.py. How each version names itself."""

PUBLIC_IDS: dict[str, str] = {
    "1.0": "-//WIRELESSVILLAGE//DTD CSP 1.0//EN",
    "1.1": "-//OMA//DTD WV-CSP 1.1//EN",
    "1.2": "-//OMA//DTD WV-CSP 1.2//EN",
    "1.3": "-//OMA//DTD IMPS-CSP 1.3//EN",
}

OTHER_PUBLIC_IDS: dict[str, tuple[str, ...]] = {
    "1.0": ("-//OMA//DTD WV-CSP 1.0//EN",),
    "1.1": ("-//WIRELESSVILLAGE//DTD CSP 1.1//EN", "-//IMPS/DTD Imps v1.1/EN"),
    "1.2": ("-//OMA//DTD IMPS-CSP 1.2//EN",),
    "1.3": (),
}

SYSTEM_IDS: dict[str, str] = {
    "1.0": "http://www.wireless-village.org/DTD/WV-CSP.DTD",
    "1.1": "http://www.openmobilealliance.org/DTD/WV-CSP.XML",
    "1.2": "http://www.openmobilealliance.org/DTD/WV-CSP.DTD",
    "1.3": "http://www.openmobilealliance.org/DTD/IMPS-CSP.DTD",
}

WBXML_PUBLIC_IDS: dict[str, int] = {
    "1.0": 0x000F,
    "1.1": 0x0010,
    "1.2": 0x0011,
    "1.3": 0x0012,
}

NAMESPACES: dict[str, dict[str, str]] = {
    "1.0": {
        "WV-CSP-Message": "http://www.wireless-village.org/CSP1.0",
        "TransactionContent": "http://www.wireless-village.org/TRC1.0",
        "PresenceSubList": "http://www.wireless-village.org/PA1.0",
    },
    "1.1": {
        "WV-CSP-Message": "http://www.wireless-village.org/CSP1.1",
        "TransactionContent": "http://www.wireless-village.org/TRC1.1",
        "PresenceSubList": "http://www.wireless-village.org/PA1.1",
    },
    "1.2": {
        "WV-CSP-Message": "http://www.openmobilealliance.org/DTD/WV-CSP1.2",
        "TransactionContent": "http://www.openmobilealliance.org/DTD/WV-TRC1.2",
        "PresenceSubList": "http://www.openmobilealliance.org/DTD/WV-PA1.2",
    },
    "1.3": {
        "WV-CSP-Message": "http://www.openmobilealliance.org/DTD/IMPS-CSP1.3",
        "TransactionContent": "http://www.openmobilealliance.org/DTD/IMPS-TRC1.3",
        "PresenceSubList": "http://www.openmobilealliance.org/DTD/IMPS-PA1.3",
    },
}

XML_TYPES: dict[str, str] = {
    "1.0": "application/vnd.wv.csp.xml",
    "1.1": "application/vnd.wv.csp.xml",
    "1.2": "application/vnd.wv.csp.xml",
    "1.3": "application/vnd.wv.csp+xml",
}

WBXML_TYPES: dict[str, str] = {
    "1.0": "application/vnd.wv.csp.wbxml",
    "1.1": "application/vnd.wv.csp.wbxml",
    "1.2": "application/vnd.wv.csp.wbxml",
    "1.3": "application/vnd.wv.csp+wbxml",
}

OTHER_TYPES: dict[str, tuple[str, ...]] = {
    "1.0": (),
    "1.1": ("application/vnd.wv.csp+xml", "application/vnd.wv.csp+wbxml", "application/xml", "text/xml"),
    "1.2": ("application/vnd.wv.csp+xml", "application/vnd.wv.csp+wbxml", "application/xml", "text/xml"),
    "1.3": ("application/vnd.wv.csp.xml", "application/vnd.wv.csp.wbxml", "application/xml", "text/xml"),
}

PTS_TYPES: dict[str, str] = {
    "1.0": "application/vnd.wv.csp.sms",
    "1.1": "application/vnd.wv.csp.sms",
    "1.2": "application/vnd.wv.csp.sms",
    "1.3": "application/vnd.wv.csp.sms",
}
