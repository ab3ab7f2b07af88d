"""The limits on what other people's bytes can take in Redis, and the table of all keys that they can make.

Each row of KEY_BOUNDS names a key, who can make it grow, and its limits. docs/redis-keys.md is written from it, and a test
attacks each row. The classes that own the keys enforce the limits, whatever their callers do."""

from onesoup.store.bound_rows import (
    BY_CARRIER,
    BY_CONTACT,
    BY_ONESOUP,
    BY_PHONE,
    BY_ROOM,
    BY_SERVER,
    BY_SMS,
    BY_STRANGER,
    BY_UNKNOWN_PHONE,
    BY_VISITOR,
    Bound,
)
from onesoup.store.operator_bounds import OPERATOR_BOUNDS

KIB = 1024

# --- lengths, in bytes ---
# The longest JID of a contact. XMPP allows 3,071; no handset can show that.
JID_BYTES = 1023
# A JID or group that a phone names and that is not in the roster, and how the phone spells one.
NAMED_BYTES, SPELLING_BYTES = 512, 768
# Records of one contact.
ITEM_BYTES, RESOURCES_BYTES, PRESENCE_BYTES, EXTRAS_BYTES = 64 * KIB, 64 * KIB, 16 * KIB, 16 * KIB
ROOM_BYTES, OCCUPANT_BYTES = 8 * KIB, 256
# An event for the phone that is no message: a question, a notice, a report.
EVENT_BYTES = 16 * KIB
# The command for a delivery receipt. One that is longer is not sent.
RECEIPT_BYTES = 2 * KIB
# Names of stanzas that are longer are kept as a digest.
SEEN_BYTES = 40
# One field of the session that a request writes, such as the phone's own presence.
FIELD_BYTES = 64 * KIB
INVITE_BYTES, GROUP_BYTES, JOINS_BYTES = 4 * KIB, 4 * KIB, 64 * KIB
HIT_BYTES = 255
DOMAIN_BYTES = 255
SMS_BYTES, SMS_NAME_BYTES = 1 * KIB, 64
GATEWAY_ID_BYTES = 64
# The letters of a short address, and the address that they stand for.
ALIAS_BYTES, ALIASED_BYTES = 16, 4 * KIB
LOGIN_BYTES = 8 * KIB
# A session of the account page, and a settings document of at most nine SMS; both sealed.
PAGE_BYTES, SETTINGS_BYTES = 8 * KIB, 2 * KIB

# What is kept of one event of a phone, for its owner.
PHONE_EVENT_BYTES = 512

# --- counts, and bytes in all ---
# What waits for one phone: items, and the memory of q, i and rc together. The holder refuses messages above it.
MOST_ITEMS, MOST_ITEM_BYTES = 2000, 576 * KIB
MOST_SEEN = 1000
# Copies of messages that are remembered as read.
MOST_READ = 200
# Links that wait to be looked at; another one stays a link.
MOST_JOBS = 100
MOST_ROSTER = 10_000
MOST_ROOMS, MOST_OCCUPANTS = 50, 1200
# Subscriptions and spellings of users who are not in the roster.
MOST_STRANGERS = 200
MAX_REPORTS_WANTED = 1000
MAX_TOLD_CONTACTS = 2000
MOST_OUT, MOST_OUT_BYTES = 500, 512 * KIB
MOST_REPLY_BYTES = 512 * KIB
MOST_SEGMENTED, MOST_SEGMENT_BYTES = 3, 220 * KIB
MOST_HISTORY_BYTES = 512 * KIB
MAX_KEPT_SEARCH_HITS = 200
MOST_INVITES = 200
MOST_GROUPS = 200
MOST_JOINS = 8
MOST_PICTURES = 8
MOST_LOGINS = 100
# Hashes of an account: fields, and memory in all.
MOST_LISTS, MOST_GRANTS, MOST_PENDING, MOST_OTHERS = 64, 300, 250, 64
MOST_BLOCKS = 2100
MOST_ALIASES = 1000
MOST_HASH_BYTES = 768 * KIB
# Short messages of one number: parts of unfinished messages, and deliveries in an hour.
MOST_UNFINISHED, MOST_DELIVERIES = 8, 600
MOST_COOKIE_SESSIONS = 16
# Settings documents that wait to be sent.
MOST_SETTINGS = 100
# What is written down of recordings by operators: recordings, their sessions, what the log has.
MOST_RECORDING_FIELDS = 64
# Signs that proxies pass headers of phones on, and the letters of one.
MOST_NUMBER_DOUBTS, NUMBER_DOUBT_BYTES = 32, 64
# The id of a probe of the doctor, and the number in its answer.
NUMBER_PROBE_BYTES = 32
# Events of one phone or address that took a password, and that did not; how many phones and addresses there are.
MOST_PROVED_EVENTS, MOST_STRANGE_EVENTS, MOST_PHONES = 40, 24, 1500

# What is kept of one event of an account's history, sealed. Events of an account, a number or an address, by the letter of their
# kind: log-ins, ends, wake-ups, undelivered messages; and failures from known places and from elsewhere. Failures of a
# name that no account is known to have. How many addresses with log-ins, addresses with failures, and such names.
HISTORY_EVENT_BYTES = 800
MOST_HISTORY_EVENTS = {"i": 16, "e": 12, "w": 10, "u": 8}
MOST_HISTORY_FAILURES, MOST_MADE_UP_FAILURES = {"k": 12, "s": 12}, {"k": 0, "s": 4}
MOST_HISTORY_ADDRESSES, MOST_HISTORY_STRANGERS, MOST_HISTORY_NAMES = 5000, 500, 1000

# Sessions of one domain, and its log-ins in a minute, where there is a limit: the highest that may be set.
MOST_DOMAIN_SESSIONS, MOST_DOMAIN_LOGINS = 100_000, 10_000
# Processes that run, and the keys of its ring that one says it knows.
MOST_PROCESSES, MOST_PROCESS_KEYS = 1000, 40


class TooMuch(Exception):
    """A limit of this module is reached: nothing was stored."""


_SESSION = "with the session"
_WAITING = f"{MOST_ITEMS:,} items and {MOST_ITEM_BYTES // KIB} KiB for q, i and rc together"
_BOUNCED = "messages are answered with an error, the rest is dropped"

KEY_BOUNDS: tuple[Bound, ...] = (
    # --- a session ---
    Bound("s:{sid}", BY_PHONE, f"a field {FIELD_BYTES // KIB} KiB", "fixed fields", "TTL of the session", "507"),
    Bound("q:{sid}", BY_STRANGER, "an id 20", _WAITING, _SESSION, _BOUNCED),
    Bound(
        "i:{sid}",
        BY_STRANGER,
        f"a text 200,000; an event {EVENT_BYTES // KIB} KiB; a picture what the phone's parser takes",
        _WAITING,
        _SESSION,
        _BOUNCED,
    ),
    Bound("rc:{sid}", BY_CONTACT, f"{RECEIPT_BYTES // KIB} KiB", _WAITING, _SESSION, "no receipt is sent"),
    Bound(
        "seen:{sid}",
        BY_STRANGER,
        f"{SEEN_BYTES}, else a digest of 33; with a time 13 more",
        f"{MOST_SEEN:,}",
        "10 minutes",
        "the oldest go",
    ),
    Bound("moved:{sid}", BY_UNKNOWN_PHONE, "an id 50", "one a log-in", "1 minute", "-"),
    Bound("had:{sid}", BY_STRANGER, "a name 40", f"{MOST_READ}", _SESSION, "the oldest go"),
    Bound("open:{sid}", BY_PHONE, "an id 20", "the items of i", _SESSION, "-"),
    Bound("try:{sid}", BY_PHONE, "an id 20", "the items of i", _SESSION, "-"),
    Bound("tid:{sid}", BY_PHONE, "an id 20", "5 for each item of i, and 200", _SESSION, "those of items that are gone go"),
    Bound(
        "ros:{sid}",
        BY_SERVER,
        f"a JID {JID_BYTES:,}, a record {ITEM_BYTES // KIB} KiB",
        f"{MOST_ROSTER:,}",
        _SESSION,
        "further contacts are left out",
    ),
    Bound("res:{sid}", BY_CONTACT, f"{RESOURCES_BYTES // KIB} KiB a contact", "contacts", _SESSION, "the old record stays"),
    Bound("pres:{sid}", BY_CONTACT, f"{PRESENCE_BYTES // KIB} KiB a contact", "contacts", _SESSION, "the old record stays"),
    Bound("pep:{sid}", BY_CONTACT, f"{EXTRAS_BYTES // KIB} KiB a contact", "contacts", _SESSION, "the old record stays"),
    Bound(
        "sub:{sid}", BY_PHONE, f"a JID {NAMED_BYTES}", f"the roster and {MOST_STRANGERS} others", _SESSION, "others are left out"
    ),
    Bound(
        "spell:{sid}",
        BY_PHONE,
        f"a JID {NAMED_BYTES}, a spelling {SPELLING_BYTES}",
        f"the roster and {MOST_STRANGERS} others",
        _SESSION,
        "the full address is shown",
    ),
    Bound("dirty:{sid}", BY_CONTACT, f"a JID {NAMED_BYTES}", "subscriptions of sub", _SESSION, "-"),
    Bound("sent:{sid}", BY_PHONE, f"a JID {NAMED_BYTES}", f"{MAX_TOLD_CONTACTS:,}", _SESSION, "the oldest go"),
    Bound(
        "asked:{sid}", BY_PHONE, f"a JID {NAMED_BYTES}", f"{MAX_REPORTS_WANTED:,}", _SESSION, "some are not waited for any more"
    ),
    Bound("valid:{sid}", BY_PHONE, "an id 20", f"{MAX_REPORTS_WANTED:,}", _SESSION, "the first are not waited for"),
    Bound(
        "out:{sid}",
        f"{BY_PHONE}; {BY_CONTACT}: links to pictures",
        "one command as long as a request (`max_body`)",
        f"{MOST_OUT} and {MOST_OUT_BYTES // KIB} KiB; {MOST_JOBS} links",
        _SESSION,
        "503; a link stays a link",
    ),
    Bound("flight:{sid}", BY_ONESOUP, "16", "commands of out", _SESSION, "-", alone="digests of commands of out"),
    Bound(
        "a:{sid}:*",
        BY_PHONE,
        "what the phone reads",
        f"{MOST_REPLY_BYTES // KIB} KiB (replied:{{sid}} has their names)",
        "3 minutes",
        "the oldest go",
    ),
    Bound(
        "seg:{sid}:*",
        BY_PHONE,
        f"{MOST_SEGMENT_BYTES // KIB} KiB",
        f"{MOST_SEGMENTED} (segs:{{sid}} has their names)",
        "3 minutes",
        "432; the oldest go",
    ),
    Bound("find:{sid}", BY_SERVER, f"a JID {HIT_BYTES}", f"8 searches of {MAX_KEPT_SEARCH_HITS}", "5 minutes", "the oldest go"),
    Bound("hist:{sid}", BY_ROOM, "-", f"{MOST_HISTORY_BYTES // KIB} KiB", "10 minutes", "the oldest are left out"),
    Bound("rooms:{sid}", BY_ROOM, f"{ROOM_BYTES // KIB} KiB", f"{MOST_ROOMS}", _SESSION, "507"),
    Bound(
        "occ:{sid}", BY_ROOM, f"a name {OCCUPANT_BYTES}, a record {OCCUPANT_BYTES}", f"{MOST_OCCUPANTS:,}", _SESSION, "not shown"
    ),
    # --- an account ---
    Bound("offline:{jid}", BY_STRANGER, "as i", "what its sessions held, which count it from then on", "30 days", "as i"),
    Bound(
        "asks:{jid}",
        BY_STRANGER,
        f"a JID {NAMED_BYTES}, a note 200 letters",
        f"{MOST_PENDING}",
        "90 days",
        "the server asks again",
    ),
    Bound("invites-in:{jid}", BY_STRANGER, f"{INVITE_BYTES // KIB} KiB", f"{MOST_INVITES}", "7 days", "old ones go"),
    Bound("invites-out:{jid}", BY_PHONE, f"{INVITE_BYTES // KIB} KiB", f"{MOST_INVITES}", "7 days", "old ones go"),
    Bound("lists:{jid}", BY_PHONE, "640 KiB", f"{MOST_LISTS} and {MOST_HASH_BYTES // KIB} KiB", "none", "507"),
    Bound("attrs:{jid}", BY_PHONE, "64 KiB", f"{MOST_GRANTS} and {MOST_HASH_BYTES // KIB} KiB", "none", "507"),
    Bound("block:{jid}", BY_PHONE, f"a name {NAMED_BYTES}", f"{MOST_BLOCKS:,} and {MOST_HASH_BYTES // KIB} KiB", "none", "507"),
    Bound(
        "groups:{jid}", BY_PHONE, f"{GROUP_BYTES // KIB} KiB", f"{MOST_GROUPS} and {MOST_HASH_BYTES // KIB} KiB", "none", "507"
    ),
    Bound("joins:{jid}", BY_PHONE, f"{JOINS_BYTES // KIB} KiB", f"{MOST_JOINS} handsets", "1 day", "the phone joins anew"),
    Bound("had:{jid}", BY_STRANGER, "a name 40", f"{MOST_READ}", "30 days", "the oldest go"),
    Bound("handsets:{jid}", BY_PHONE, "a value 100,000", f"8 handsets and {MOST_HASH_BYTES // KIB} KiB", "90 days", "others go"),
    Bound(
        "alias:{jid}",
        f"{BY_STRANGER}, of S60 phones",
        f"{ALIASED_BYTES // KIB} KiB",
        f"{MOST_ALIASES:,} and {MOST_HASH_BYTES // KIB} KiB",
        "400 days",
        "others go",
    ),
    Bound("told:{jid}", BY_PHONE, "a handset 64", "20", "none", "all are told again", alone="a mark for each handset"),
    Bound("service:{jid}", BY_PHONE, "a JID 1,023, a record 4 KiB", f"{MOST_OTHERS}", "none", "others go"),
    Bound("login-tokens:{jid}", BY_SERVER, "a record 2 KiB", "16", "1 day after the last", "others go"),
    Bound("clients:{jid}", BY_PHONE, "a resource 32", "`sessions_of_user`", "with the sessions", "the oldest session ends"),
    Bound("num:{jid}", f"{BY_PHONE}; {BY_SMS}", "a number 16", "8", "180 days", "the oldest go"),
    Bound("code:{jid}", f"{BY_PHONE}; {BY_VISITOR}", "64", "1", "15 minutes", "refused"),
    Bound("bad:{jid}", BY_PHONE, "a bearer", "bearers", "1 day", "-", alone="names of bearers"),
    Bound("page:{jid}", BY_VISITOR, f"{PAGE_BYTES // KIB} KiB", "one an account with a good password", "10 minutes", "refused"),
    Bound("settings:*", BY_VISITOR, f"{SETTINGS_BYTES // KIB} KiB", "10 an account in an hour", "10 minutes", "refused"),
    Bound(
        "phone:{who}",
        f"{BY_UNKNOWN_PHONE}; {BY_VISITOR}",
        f"{PHONE_EVENT_BYTES}",
        f"{MOST_STRANGE_EVENTS}, after a log-in {MOST_PROVED_EVENTS} more; {MOST_PHONES:,} phones and addresses",
        "1 day",
        "the oldest go",
    ),
    Bound("phones-seen", f"{BY_UNKNOWN_PHONE}; {BY_VISITOR}", "a digest 32", f"{MOST_PHONES:,}", "1 day", "the oldest go"),
    Bound("polls:{sid}", BY_PHONE, "24", "gateway processes", "1 minute", "-", alone="counts of gateway processes"),
    Bound(
        "polls-looked-at",
        BY_VISITOR,
        "a sid 28",
        "`sessions_of_user` an account that looks",
        "30 seconds",
        "-",
        alone="ids of sessions of who is signed in",
    ),
    Bound("ota:{jid}, otas:{number}", BY_VISITOR, "1", "3 a day", "1 day", "refused", alone="counters of 3"),
    # --- contacts, domains ---
    Bound(
        "pic:{name}",
        BY_CONTACT,
        "what the phone's parser takes",
        f"{MOST_PICTURES} a contact (pics:{{jid}} has their names)",
        "7 days",
        "the oldest go",
    ),
    Bound("muc:{domain}", BY_PHONE, f"{DOMAIN_BYTES}", "one a domain that answers", "1 day; 10 minutes", "not kept"),
    Bound("muc-of:{service}", BY_PHONE, f"{DOMAIN_BYTES}", "one a domain that answers", "1 day", "not kept"),
    Bound(
        "topic:{room}", BY_ROOM, f"a JID {JID_BYTES:,}, a topic 500 letters", "one a room that a phone is in", "14 days", "cut"
    ),
    Bound("xmpp:{domain}", BY_SERVER, f"a domain {DOMAIN_BYTES}, a record 150", "one a listed domain", "7 days", "not kept"),
    Bound("sasl:{domain}", BY_PHONE, f"{DOMAIN_BYTES}", "one a domain of a log-in that worked", "90 days", "not kept"),
    Bound(
        "recordings",
        BY_PHONE,
        "a hash 32, a recording 4 KiB",
        f"{MOST_RECORDING_FIELDS}; 8 recordings by operators",
        "1 hour",
        "not recorded",
    ),
    Bound("number-probe:*", BY_PHONE, f"a number {NUMBER_PROBE_BYTES}", "one a run of the doctor", "1 minute", "not made"),
    Bound(
        "number-doubts",
        BY_PHONE,
        f"a proxy and a sign {NUMBER_DOUBT_BYTES}, a header {NUMBER_DOUBT_BYTES}",
        f"{MOST_NUMBER_DOUBTS}",
        "1 day",
        "not noted",
    ),
    Bound(
        "history:{who}",
        BY_PHONE,
        f"an event {HISTORY_EVENT_BYTES}",
        f"{sum(MOST_HISTORY_EVENTS.values())} an account, number or address; {MOST_HISTORY_ADDRESSES:,} addresses "
        "(history-addresses has their names)",
        "`history_hours`",
        "the oldest of their kind go",
    ),
    # --- before a log-in ---
    Bound(
        "history-failed:{who}",
        BY_UNKNOWN_PHONE,
        f"an event {HISTORY_EVENT_BYTES}",
        f"{sum(MOST_HISTORY_FAILURES.values())} an account, {MOST_HISTORY_FAILURES['s']} an address, "
        f"{MOST_MADE_UP_FAILURES['s']} a name or number of no account; {MOST_HISTORY_STRANGERS:,} such addresses, "
        f"{MOST_HISTORY_NAMES:,} such names",
        "`history_hours`",
        "the oldest go",
    ),
    Bound(
        "history-addresses, history-strangers, history-names",
        f"{BY_PHONE}; {BY_UNKNOWN_PHONE}",
        "a name 300",
        f"{MOST_HISTORY_ADDRESSES:,}, {MOST_HISTORY_STRANGERS:,} and {MOST_HISTORY_NAMES:,}",
        "`history_hours`",
        "the oldest go",
    ),
    Bound("nonce:*", BY_UNKNOWN_PHONE, "64", "2,000 an address in 10 minutes", "2 minutes", "503"),
    Bound("login:*", BY_PHONE, "an answer", "one a log-in", "2 minutes", "-"),
    Bound("logging:*", BY_UNKNOWN_PHONE, "64", "log-ins that run just now", "10 seconds", "-"),
    Bound("logins:{shard}", BY_UNKNOWN_PHONE, f"{LOGIN_BYTES // KIB} KiB", f"{MOST_LOGINS} a shard", "1 minute", "507"),
    Bound("failed:{jid}", f"{BY_UNKNOWN_PHONE}; {BY_VISITOR}", "a user id 255", "100 an address in 10 minutes", "1 hour", "503"),
    Bound("known:{jid}", BY_PHONE, "a place 16", "16", "90 days", "the oldest go"),
    Bound("wrong:*", f"{BY_UNKNOWN_PHONE}; {BY_VISITOR}", "64", "15 a domain in an hour", "10 minutes", "503"),
    Bound("refused:{domain}", f"{BY_UNKNOWN_PHONE}; {BY_VISITOR}", "32", "15 a domain", "1 hour", "503"),
    Bound(
        "from:*, stray:*, forms:*, links:*, challenges:*",
        f"{BY_UNKNOWN_PHONE}; {BY_VISITOR}",
        "16",
        "one an address",
        "10 minutes",
        "-",
    ),
    Bound(
        "sessions-at:{domain}",
        BY_UNKNOWN_PHONE,
        "a sid 28",
        "`domain_sessions`, only at domains with such a limit; two a handset while it logs in (looked:{domain} is a mark)",
        "1 day",
        "503",
    ),
    Bound(
        "logins-at:{domain}",
        BY_UNKNOWN_PHONE,
        "a sid 28",
        "`domain_logins`, only at domains with such a limit",
        "1 minute",
        "503",
    ),
    Bound("pagelink:*", BY_VISITOR, "1", "one a link of `onesoup demo link`", "15 minutes", "-"),
    Bound("tries:*, tried:*", BY_UNKNOWN_PHONE, "200", "`registrations_per_hour` an address", "1 hour; 3 minutes", "503"),
    # --- SMS ---
    Bound(
        "smsin:{number}", BY_SMS, f"a part {SMS_BYTES // KIB} KiB", "50 messages of 26 parts", "1 hour", "the gateway keeps it"
    ),
    Bound(
        "smspart:{number}:*",
        BY_SMS,
        f"a part {SMS_BYTES // KIB} KiB",
        f"{MOST_UNFINISHED} messages of 26 parts (smsparts:{{number}} has their names)",
        "10 minutes",
        "the oldest go",
    ),
    Bound(
        "smsseen:{number}:*", BY_SMS, "128", f"{MOST_DELIVERIES} in an hour (smsn:{{number}})", "1 hour", "the gateway keeps it"
    ),
    Bound("smsout:{number}", BY_SMS, "what an SMS holds", "one answer of 26 parts", "1 hour", "-", alone="answers of onesoup"),
    Bound("sms:{number}, smst:{number}", BY_SMS, "an id 26", "`sms_per_day`", "2 days", "not sent", alone="messages of onesoup"),
    Bound("cir:job:*", BY_ONESOUP, "64", "`sms_total_per_day`", "2 hours", "not sent", alone="messages of onesoup"),
    Bound("cir:smsid:*", BY_CARRIER, f"an id {GATEWAY_ID_BYTES}", "one a message sent", "2 hours", "its report is not known"),
    Bound("codes:{number}, codesto:{jid}", f"{BY_PHONE}; {BY_VISITOR}", "a number 16", "3 a day", "1 day", "refused"),
    Bound("cir:codes", f"{BY_PHONE}; {BY_VISITOR}", "1 KiB", "3 a day for an account and for a number", "1 minute", "refused"),
    Bound(
        "cir:ota",
        BY_VISITOR,
        f"{SETTINGS_BYTES // KIB} KiB",
        f"{MOST_SETTINGS}; 3 a day for an account and for a number",
        "2 minutes",
        "refused",
    ),
    # --- operators ---
    Bound(
        "processes:{p}",
        BY_ONESOUP,
        "a record 4 KiB",
        f"{MOST_PROCESSES:,} processes (processes-seen:{{p}} has their times)",
        "1 minute",
        "those unheard for longest go",
        alone="what processes say of themselves",
    ),
    *OPERATOR_BOUNDS,
    # --- wake-ups ---
    Bound("cir:cookie:*", BY_PHONE, "a sid 28", f"{MOST_COOKIE_SESSIONS} sessions", "1 day", "some cannot use the cookie"),
    Bound("cir:token:*", BY_PHONE, "a sid 28", "one a session", "1 day", "-"),
    Bound("cir:due, cir:smsin", f"{BY_PHONE}; {BY_SMS}", "a sid 28, a number 16", "sessions and numbers", "when done", "-"),
)
