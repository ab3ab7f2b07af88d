"""The forms of a Redis URL: one server, a master behind Sentinels, a cluster.

    redis://[user:password@]host[:6379][/db]               also rediss:// and unix://, as redis-py reads them
    redis+sentinel://[user:password@]host[:26379],host,.../service[/db][?sentinel_user=name&sentinel_password=secret]
    redis+cluster://[user:password@]host[:6379],host,...

valkey://, valkeys://, valkey+sentinel:// and so on mean the same: Valkey speaks as Redis does.

User and password before the hosts are those of the Redis servers. Sentinels are asked without, or with what stands behind the
question mark. `rediss+sentinel` and `rediss+cluster` speak TLS to the Redis servers.
"""

from dataclasses import dataclass
from urllib.parse import unquote, unquote_plus

SINGLE, SENTINEL, CLUSTER = "single", "sentinel", "cluster"
PORTS = {SENTINEL: 26379, CLUSTER: 6379}
SENTINEL_USER, SENTINEL_PASSWORD = "sentinel_user", "sentinel_password"
SYNONYMS = {"valkey": "redis", "valkeys": "rediss"}


@dataclass(frozen=True, slots=True)
class RedisUrl:
    """Where Redis is. For SINGLE only `url` counts, in the words of redis-py."""

    kind: str
    url: str
    hosts: tuple[tuple[str, int], ...] = ()
    service: str = ""
    db: int = 0
    username: str | None = None
    password: str | None = None
    tls: bool = False
    sentinel_user: str | None = None
    sentinel_password: str | None = None


def parse(url: str) -> RedisUrl:
    """ValueError with the reason when it is none of the forms. The reason quotes nothing: a password with a slash or an @ in it
    may be anywhere."""
    form, _, rest = url.partition("://")
    scheme, plus, kind = form.lower().partition("+")
    scheme = SYNONYMS.get(scheme, scheme)
    url = f"{scheme}{plus}{kind}://{rest}"
    if not kind and scheme in ("redis", "rediss", "unix"):
        return RedisUrl(SINGLE, url)
    if scheme not in ("redis", "rediss") or kind not in PORTS:
        raise ValueError(
            "must begin redis://, rediss://, unix://, redis+sentinel:// or redis+cluster:// (or valkey in place of redis)"
        )
    # By hand: urllib takes one host, and newer versions refuse several with an IPv6 address among them.
    netloc, _, tail = rest.partition("/")
    path, _, query = tail.partition("?")
    login, _, hosts = netloc.rpartition("@")
    user, _, password = login.partition(":")
    service, db = _path(kind, path.strip("/"))
    options = _options(kind, query)
    return RedisUrl(
        kind,
        url,
        tuple(_host(each, PORTS[kind]) for each in hosts.split(",")),
        service,
        db,
        unquote(user) or None,
        unquote(password) or None,
        tls=scheme == "rediss",
        sentinel_user=options.get(SENTINEL_USER),
        sentinel_password=options.get(SENTINEL_PASSWORD),
    )


def _options(kind: str, query: str) -> dict[str, str]:
    known = (SENTINEL_USER, SENTINEL_PASSWORD) if kind == SENTINEL else ()
    found = dict(each.partition("=")[::2] for each in query.split("&") if each)
    if not set(found) <= set(known):
        raise ValueError(f"behind the question mark may stand {' and '.join(known) or 'nothing'}")
    if SENTINEL_USER in found and SENTINEL_PASSWORD not in found:
        raise ValueError(f"{SENTINEL_USER} without {SENTINEL_PASSWORD}")
    return {name: unquote_plus(value) for name, value in found.items()}


def _path(kind: str, path: str) -> tuple[str, int]:
    """(service, database)."""
    if kind == CLUSTER:
        if path not in ("", "0"):
            raise ValueError("a cluster has no database numbers")
        return "", 0
    service, _, db = path.partition("/")
    if not service:
        raise ValueError("names no service: redis+sentinel://host,host/service")
    if db and not db.isdigit():
        raise ValueError("the database is no number")
    return service, int(db or 0)


def _host(text: str, port: int) -> tuple[str, int]:
    """[::1]:26379 is how an IPv6 address is written."""
    host, number = text.strip(), ""
    if not host.endswith("]") and ":" in host:
        host, _, number = host.rpartition(":")
    host = host.strip("[]")
    if not host or (number and not number.isdigit()):
        raise ValueError("what stands between @ and / is not host or host:port")
    return host, int(number or port)
