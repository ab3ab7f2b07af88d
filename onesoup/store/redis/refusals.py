"""Names of what Redis refuses: READONLY, NOREPLICAS, OOM and so on, as its own documentation calls them. Has no I/O.

Redis says the name as the first word of an error. redis-py has classes for some of them, some of which count as broken
connections; clients of a master behind Sentinels connect again on others. The name goes through all of that, since operators
look for it in logs, metrics, /readyz and commands.
"""

import re
from collections.abc import Callable

import redis
from redis.exceptions import RedisClusterException

from onesoup.store.errors import StoreDown

FULL_REFUSAL = "OOM"
# Redis is there and does not do it now: nothing is known about the session that was asked for.
REFUSALS = frozenset(
    {
        "BUSY",
        "CLUSTERDOWN",
        FULL_REFUSAL,
        "LOADING",
        "MASTERDOWN",
        "MISCONF",
        "NOAUTH",
        "NOPERM",
        "NOREPLICAS",
        "READONLY",
        "TRYAGAIN",
        "WRONGPASS",
    }
)
# What goes by when another server becomes the master; the others are there until somebody does something.
PASSING_REFUSALS = frozenset({"LOADING", "MASTERDOWN", "NOREPLICAS", "READONLY"})
# What makes a client leave a server: another one may be the master by now. NOREPLICAS: it may be cut off from the others, which
# have made another one the master.
NOT_MASTER_REFUSALS = {"READONLY": "the master has become a replica", "NOREPLICAS": "the master has lost its replicas"}

# The first word. redis-py puts "Command # 1 (…) of pipeline caused error: " before it, and servers before 7.0 what a script ran
# into behind "Error running script (call to f_…): @user_script:1: -".
_NAMED = re.compile(
    rf"(?:Command # .* of pipeline caused error: )?(?:Error running script .*?: -)?({'|'.join(sorted(REFUSALS))})\b", re.DOTALL
)
# Of a cluster of which no node answers, RedisClusterException: it is none of the others.
_AWAY = (redis.ConnectionError, redis.TimeoutError, RedisClusterException)


def error_name(error: BaseException) -> str:
    """The name by which Redis refused; for any other error its class, as ConnectionError or TimeoutError. For logs, /readyz and
    commands: never the text, which may hold an address or a password."""
    if isinstance(error, StoreDown):
        return str(error)
    code = getattr(error, "status_code", None)
    if isinstance(code, str) and code in REFUSALS:
        return code
    found = _NAMED.match(str(error)) if isinstance(error, redis.ResponseError) else None
    return found[1] if found else type(error).__name__


def is_away(error: BaseException) -> bool:
    """Whether Redis is out of reach, or refuses for the moment."""
    return isinstance(error, _AWAY) or error_name(error) in REFUSALS


def is_passing(error: StoreDown) -> bool:
    """Whether a failover may mend it: no server, or one that is no master now."""
    return str(error) in PASSING_REFUSALS or str(error) not in REFUSALS


def not_master(error: redis.ResponseError) -> redis.ConnectionError | None:
    """The same refusal as a broken connection, so that whoever asked tries again and meets the new master; None for any other
    error."""
    name = error_name(error)
    reason = NOT_MASTER_REFUSALS.get(name)
    return None if reason is None else redis.ConnectionError(reason, status_code=name)


def copies_of(error: BaseException) -> Callable[[], redis.RedisError]:
    """Makes new errors of the same class and name, for each of many who waited for one connection. What is no error of a
    connection, such as a deadline, becomes ConnectionError."""
    kind = type(error) if isinstance(error, redis.ConnectionError | redis.TimeoutError) else redis.ConnectionError
    text, name = str(error), getattr(error, "status_code", None)
    return lambda: kind(text, status_code=name)
