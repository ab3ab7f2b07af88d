"""Settings over the air: the document that sets up a phone's chat client, its bytes, its signature, and the SMS that carry it.

Owns OMA Client Provisioning (PROV 1.1) and WVSettings as IMPS clients read them (docs/protocol/ota.md). Refuses to know gateways,
Redis and HTTP: bytes and values. Begin with `documents.py`, then `wbxml.py`."""
