"""The processes behind the phones: `gateway` answers them, `holder` keeps their XMPP streams."""
