"""Clients for more than one Redis server: the master that Sentinels name, and a cluster."""

from typing import Any

import redis
from redis.backoff import ConstantBackoff, NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.retry import Retry
from redis.sentinel import Sentinel

from onesoup.store.keys import NEVER_KEY
from onesoup.store.redis.connection import MasterConnection, TlsMasterConnection
from onesoup.store.redis.urls import RedisUrl

SENTINEL_TIMEOUT_SECONDS = 0.5
# A node that is gone is looked for again so often, so long apart: short enough for a phone's request.
CLUSTER_TRIES, CLUSTER_PAUSE_SECONDS = 3, 0.1
# A primary of a thousand slots, of 16,384, has one of so many names, all but surely.
MAX_NAMES_TRIED = 500


def to_master(place: RedisUrl) -> dict[str, Any]:
    """Options for a pool whose connections go to the master of the moment."""
    sentinel: Any = Sentinel(list(place.hosts), sentinel_kwargs=sentinel_options(place, SENTINEL_TIMEOUT_SECONDS))
    return {
        "connection_class": TlsMasterConnection if place.tls else MasterConnection,
        "master": lambda: sentinel.discover_master(place.service),
        "db": place.db,
        "username": place.username,
        "password": place.password,
    }


def sentinel_options(place: RedisUrl, timeout: float) -> dict[str, Any]:
    """For a client of one Sentinel. It is asked once: redis-py itself would ask one that is silent eleven times, for 20 s."""
    login = {"username": place.sentinel_user, "password": place.sentinel_password}
    return login | {"socket_timeout": timeout, "socket_connect_timeout": timeout, "retry": Retry(NoBackoff(), 0), "protocol": 2}


def servers(client: redis.Redis) -> list[redis.Redis]:
    """A client of each server that keeps data: the one, or every primary of a cluster."""
    if isinstance(client, RedisCluster):
        return [client.get_redis_connection(node) for node in client.get_primaries()]
    return [client]


def key_at(client: redis.Redis, server: redis.Redis) -> str:
    """A name that no key has, which is for this one of servers()."""
    if not isinstance(client, RedisCluster):
        return NEVER_KEY
    names = (f"{NEVER_KEY}{number}" for number in range(MAX_NAMES_TRIED))
    return next((name for name in names if _is_at(client.get_node_from_key(name), server)), NEVER_KEY)


def _is_at(node: ClusterNode | None, server: redis.Redis) -> bool:
    return node is not None and node.redis_connection is server


def replica_lags(replication: Any) -> list[int]:
    """Seconds that each replica of a server is behind, from its INFO."""
    count = int(replication.get("connected_slaves", 0)) if replication.get("role") == "master" else 0
    found = (replication.get(f"slave{number}") for number in range(count))
    return [int(each.get("lag", 0)) for each in found if isinstance(each, dict)]


def cluster(place: RedisUrl, options: dict[str, Any]) -> redis.Redis:
    """A client that finds the node of each key. It has the commands of a Redis client, and its errors."""
    node: Any = ClusterNode
    options = {name: value for name, value in options.items() if name not in ("retry", "timeout", "max_connections")}
    client: Any = RedisCluster(
        startup_nodes=[node(host, port) for host, port in place.hosts],
        username=place.username,
        password=place.password,
        ssl=place.tls,
        require_full_coverage=False,
        retry=Retry(ConstantBackoff(CLUSTER_PAUSE_SECONDS), CLUSTER_TRIES),
        **options,
    )
    return client  # type: ignore[no-any-return]
