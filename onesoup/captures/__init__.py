"""Recorded traffic of phones: read from files, shown, made safe to pass on, turned into conversations. Knows no server.

The bytes of a document are read by `onesoup.wire`."""
