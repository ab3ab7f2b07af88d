"""Texts for phones' users, in their languages. Owns the `.toml` files, one for each part of the service that speaks to users;
refuses to know CSP, XMPP and Redis."""
