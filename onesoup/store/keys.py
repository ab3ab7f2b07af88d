"""Every Redis key that onesoup uses. Keys of one session share the hash tag {sid}, keys of one account {jid}, keys of one
shard {xx}: a script only ever touches one tag, so the same code runs on Redis Cluster. How large each key can become
stands in onesoup.store.bounds.

    s:{sid}    hash    the session: records (r, caps, own ...), due, ttl, end, seq, fence, hold; for wake-ups stcp (channels of
                       processes with lines), noline (since when there is none), cir (the outstanding wake), idle (1, or p
                       before the first poll), alt (one: has other bearers), addr, udp, tries, via (how the phone was last
                       told to come)
    q:{sid}    list    ids of items that wait for the phone, oldest first; "P" stands for "presence waits"
    i:{sid}    hash    item id -> its stored form: whom it is from, a tab and the name of the copy where it has one, a line
                       break, the record
    open:{sid} zset    ids handed out and not answered -> when to repeat, ms
    try:{sid}  hash    item id -> how often it was handed out
    tid:{sid}  hash    server TransactionID -> item id
    dirty:{sid} zset   contacts whose presence the phone has not got -> not before, ms
    had:{sid}  zset    copies of messages that the phone has read (onesoup.csp.copies) -> when, ms; had:{jid} those of sessions
                       that are over
    moved:{sid} string for a minute: the session that has taken this one's place
    out:{sid}  list    commands for the holder
    flight:{sid} hash  digest of a command that was sent -> its number among the stanzas of the stream
    a:{sid}:*  string  stored replies to the phone's requests;  replied:{sid} list  their names, oldest first
    seg:{sid}:* strings  answers in parts;  segs:{sid} list  their names, newest first
    sasl:{domain} string   the SASL mechanism that worked at a domain's server;  xmpp:{domain} hash  when it last took a stream
    minutes:{series}:DAY strings  what happened in each minute of a day (onesoup.store.minute_counts)
    console-*:{console}  tokens, sessions and attempts to log in to the console (onesoup.store.console_access)
    num:{jid}  hash    numbers that the account has proved;  bad:{jid}  hash  bearers that went unanswered
    smsin, smsout:{number} lists  messages of a phone that speaks by SMS, and answers to it (onesoup.store.wakeup.sms_inbound)
    smspart:{number}:* hashes  parts of unfinished ones;  smsparts:{number} list  their names;  smsn:{number} string  how many
                       came in this hour
    sms:{number} hash  what was sent to a number;  code:{jid}  hash  the code that waits to be typed in
    page:{jid} string  who is signed in on the account page;  settings:* hash  a settings document that a phone fetches by a link
    pagelink:* string  a link to the account page that was used
    phone:{who} hash   what a phone did in the last day (onesoup.store.account.phone_requests);  phones-seen zset  those names
    polls:{sid} hash   how a session polls, by process, while its owner looks;  polls-looked-at zset  such sessions
    ota:{jid}, otas:{number} strings  settings documents sent today (onesoup.store.wakeup.ota_queue)
    cir:*              CIR processes that live, their news and timers (onesoup.store.wakeup.cir_processes, wakes)
    ros, res, pres, pep, sub:{sid}  hashes by bare JID: roster item, resources, mapped presence, what PEP said, subscription
    pic:{name} string  a picture made fit for phones, of no session;  pics:{jid} list  those of one contact, newest first
    hist:{sid} hash    what was said in a group, as the phone was last told of it, by MessageID
    rooms:{sid} hash   joined rooms by bare JID; occ:{sid}: who is in them, by room/nick
    muc:{domain}, muc-of:{service}  strings: where the rooms of a domain are, and back;  topic:{room}  string
    handsets:{jid} hash what is remembered of each handset of an account (onesoup.store.account.handsets)
    login-tokens:{jid} hash  tokens of the XMPP server, sealed, by client (onesoup.store.account.login_tokens)
    service:{jid} hash  the service contact in the account's lists, and that it has greeted
    groups, joins, invites-in, invites-out:{jid}  hashes of an account, see onesoup.store.account.groups
    operator-blocks, drains  hashes: whom operators have shut out, and hosts that are taken out of service (onesoup.store.blocks,
                       drains)
    sessions-at:{domain}, logins-at:{domain}  zsets of a domain with a limit: its sessions, its log-ins of the last minute
"""

import hashlib
from functools import cache

SHARDS = 256
# No record has this name. Pushing to it with LPUSHX is a write that changes nothing.
NEVER_KEY = "never"
# Where it is told that operators have changed what all processes follow: blocks, drains.
ORDERS_CHANNEL = "operator-orders"


def session(sid: str) -> str:
    return f"s:{{{sid}}}"


def of(sid: str, *names: str) -> list[str]:
    """The named keys of a session, in order."""
    return [f"{name}:{{{sid}}}" for name in names]


def reply(sid: str, transaction_id: str | None, digest: str) -> str:
    return f"a:{{{sid}}}:{transaction_id or ''}:{digest}"


def account(jid: str, name: str) -> str:
    """A key of an account. A JID that begins with a brace would end the hash tag before it has begun: Redis Cluster would put the
    keys of the account anywhere. No JID begins with a slash."""
    return f"{name}:{{/{jid}}}" if jid.startswith("}") else f"{name}:{{{jid}}}"


def picture(name: str) -> str:
    return f"pic:{{{name}}}"


@cache  # a few names of 256 shards, thousands of times an hour
def shard(number: int, name: str) -> str:
    return f"{name}:{{{number:02x}}}"


def shard_of(account_jid: str, resource: str) -> int:
    """A phone that logs in again comes to the shard, and so to the holder, that still has its stream."""
    return hashlib.sha256(f"{account_jid}/{resource}".encode()).digest()[0]


def wake_channel(number: int) -> str:
    return f"wake:{number:02x}"
