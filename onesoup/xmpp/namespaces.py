"""Every XML namespace of XMPP that onesoup speaks, once, named as its RFC or XEP names the thing."""

XML = "http://www.w3.org/XML/1998/namespace"
XHTML = "http://www.w3.org/1999/xhtml"

# RFC 6120 and 6121, and what is negotiated on a stream
CLIENT = "jabber:client"
STREAM = "http://etherx.jabber.org/streams"
STREAM_ERRORS = "urn:ietf:params:xml:ns:xmpp-streams"
STANZA_ERRORS = "urn:ietf:params:xml:ns:xmpp-stanzas"
TLS = "urn:ietf:params:xml:ns:xmpp-tls"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
BIND = "urn:ietf:params:xml:ns:xmpp-bind"
SESSION = "urn:ietf:params:xml:ns:xmpp-session"
ROSTER = "jabber:iq:roster"
SASL2 = "urn:xmpp:sasl:2"  # XEP-0388
BIND2 = "urn:xmpp:bind:0"  # XEP-0386
FAST = "urn:xmpp:fast:0"  # XEP-0484
CHANNEL_BINDING = "urn:xmpp:sasl-cb:0"  # XEP-0440
STREAM_MANAGEMENT = "urn:xmpp:sm:3"  # XEP-0198
CLIENT_STATE = "urn:xmpp:csi:0"  # XEP-0352
REGISTER = "jabber:iq:register"  # XEP-0077

# What an entity is and can do
DISCO_INFO = "http://jabber.org/protocol/disco#info"  # XEP-0030
DISCO_ITEMS = "http://jabber.org/protocol/disco#items"
CAPS = "http://jabber.org/protocol/caps"  # XEP-0115
DATA_FORMS = "jabber:x:data"  # XEP-0004
RESULT_SETS = "http://jabber.org/protocol/rsm"  # XEP-0059
SOFTWARE_VERSION = "jabber:iq:version"  # XEP-0092
ENTITY_TIME = "urn:xmpp:time"  # XEP-0202
PING = "urn:xmpp:ping"  # XEP-0199
SEARCH = "jabber:iq:search"  # XEP-0055

# Messages
CARBONS = "urn:xmpp:carbons:2"  # XEP-0280
FORWARD = "urn:xmpp:forward:0"  # XEP-0297
DELAY = "urn:xmpp:delay"  # XEP-0203
LEGACY_DELAY = "jabber:x:delay"  # XEP-0091
RECEIPTS = "urn:xmpp:receipts"  # XEP-0184
CHAT_MARKERS = "urn:xmpp:chat-markers:0"  # XEP-0333
STANZA_IDS = "urn:xmpp:sid:0"  # XEP-0359
MESSAGE_CORRECTION = "urn:xmpp:message-correct:0"  # XEP-0308
REACTIONS = "urn:xmpp:reactions:0"  # XEP-0444
REPLY = "urn:xmpp:reply:0"  # XEP-0461
QUICK_RESPONSE = "urn:xmpp:tmp:quick-response"  # XEP-0439
XHTML_IM = "http://jabber.org/protocol/xhtml-im"  # XEP-0071
OUT_OF_BAND = "jabber:x:oob"  # XEP-0066
HTTP_UPLOAD = "urn:xmpp:http:upload:0"  # XEP-0363
ARCHIVE = "urn:xmpp:mam:2"  # XEP-0313
FALLBACK = "urn:xmpp:fallback:0"  # XEP-0428
EXPLICIT_ENCRYPTION = "urn:xmpp:eme:0"  # XEP-0380
OMEMO = "urn:xmpp:omemo:2"  # XEP-0384
OMEMO_AXOLOTL = "eu.siacs.conversations.axolotl"  # XEP-0384 before 0.4
OPENPGP = "urn:xmpp:openpgp:0"  # XEP-0373
LEGACY_OPENPGP = "jabber:x:encrypted"  # XEP-0027

# Rooms
MUC = "http://jabber.org/protocol/muc"  # XEP-0045
MUC_USER = "http://jabber.org/protocol/muc#user"
MUC_ADMIN = "http://jabber.org/protocol/muc#admin"
MUC_OWNER = "http://jabber.org/protocol/muc#owner"
DIRECT_INVITATION = "jabber:x:conference"  # XEP-0249
BOOKMARKS = "urn:xmpp:bookmarks:1"  # XEP-0402
LEGACY_BOOKMARKS = "storage:bookmarks"  # XEP-0048

# What people publish, and whom they block
PUBSUB = "http://jabber.org/protocol/pubsub"  # XEP-0060
PUBSUB_EVENT = "http://jabber.org/protocol/pubsub#event"
ROSTER_EXCHANGE = "http://jabber.org/protocol/rosterx"  # XEP-0144
NICK = "http://jabber.org/protocol/nick"  # XEP-0172
MOOD = "http://jabber.org/protocol/mood"  # XEP-0107
ACTIVITY = "http://jabber.org/protocol/activity"  # XEP-0108
GEOLOC = "http://jabber.org/protocol/geoloc"  # XEP-0080
AVATAR_METADATA = "urn:xmpp:avatar:metadata"  # XEP-0084
AVATAR_DATA = "urn:xmpp:avatar:data"
VCARD = "vcard-temp"  # XEP-0054
VCARD_AVATAR = "vcard-temp:x:update"  # XEP-0153
AVATAR_CONVERSION = "urn:xmpp:pep-vcard-conversion:0"  # XEP-0398
PRIVATE_STORAGE = "jabber:iq:private"  # XEP-0049
BLOCKING = "urn:xmpp:blocking"  # XEP-0191
BLOCKING_ERRORS = "urn:xmpp:blocking:errors"

# Ours, for what phones know and no XEP has a place for
ONESOUP_PROFILE = "urn:onesoup:imps:profile:0"
ONESOUP_LISTS = "urn:onesoup:imps:lists:0"
