"""F11-F13: the XMPP server restarts, falls silent, cannot be found."""

from tests.chaos.case import Field, case
from tests.chaos.figures import Figure, just, least, most


@case(
    11,
    "the XMPP server restarts; then it is away for 60 s",
    "log-in again at most 20/s for a domain; unsent messages are kept; phones keep their rosters and sessions",
)
def server_restarted(field: Field) -> list[Figure]:
    phones = len(field.run.users)
    restarted = field.mark("the server restarts")
    field.stack.prosody.restart()
    first = field.until(lambda: field.open_streams() >= phones, 60.0, step=0.5)
    field.work(3.0)
    away = field.mark("the server is away")
    field.stack.prosody.stop()
    field.work(60.0)
    refused = field.failures(away)
    connects = field.metric("holder", "onesoup_xmpp_connects_total")
    field.stack.prosody.start()
    field.mark("the server is back")
    second = field.until(lambda: field.open_streams() >= phones, 60.0, step=0.5)
    back = field.metric("holder", "onesoup_xmpp_connects_total") - connects
    friends = field.until(lambda: all(friend.online for friend in field.run.friends), 30.0)
    return [
        most("all streams back after the restart", first, 45.0, "s"),
        most("all streams back after the outage", second, 60.0, "s"),
        just("log-ins counted for that", back),
        most("log-ins a second", phones / max(second, 0.1), 20.5, "1/s"),
        most("requests refused while it was away", refused, 0),
        most("sessions ended", sum(user.sessions_ended for user in field.run.users), 0),
        just("friends were back after", friends, "s"),
        just("slowest answer", field.slowest(restarted), "s"),
    ]


@case(
    12,
    "connections to the XMPP server fall silent, without an end",
    "found out within 60 s by ping; new streams; nothing lost",
    proxied=("xmpp",),
)
def server_silent(field: Field) -> list[Figure]:
    phones, proxy = len(field.run.users), field.proxies["xmpp"]
    before = proxy.accepted
    field.mark("all streams fall silent")
    proxy.freeze()
    took = field.until(lambda: proxy.accepted - before >= phones and field.open_streams() >= phones, 120.0, step=0.5)
    field.mark("all streams are new")
    return [
        most("all streams replaced", took, 65.0, "s"),
        least("streams", field.open_streams(), phones),
        most("sessions ended", sum(user.sessions_ended for user in field.run.users), 0),
    ]
