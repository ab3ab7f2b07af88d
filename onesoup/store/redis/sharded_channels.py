"""Sharded pub/sub, for a Redis Cluster from version 7: a message goes to the node that has its channel, not to every node.

A script runs on the node of its keys and cannot publish on another one's channels. So on a cluster scripts collect what
they would publish, and whoever ran the script sends it behind. If that gets lost, the sweeps find what waits.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import redis
from redis.cluster import RedisCluster

_PUBLISH = "redis.call('PUBLISH', "

# The script as a function, and what it would have published. The result stands behind: a nil ends a list.
_COLLECTING = """
local told = {}
local function publish(channel, message)
  told[#told + 1] = channel
  told[#told + 1] = message
end
local function main()
%s
end
local result = main()
return {told, result}
"""

# Node -> its channels.
Places = dict[tuple[str, int], set[str]]


def available(client: redis.Redis) -> bool:
    """Whether this client is one of a cluster whose servers know the commands. Asked once for each client."""
    if not isinstance(client, RedisCluster):
        return False
    cluster: Any = client
    if not hasattr(cluster, "onesoup_sharded"):
        cluster.onesoup_sharded = "spublish" in cluster.execute_command("COMMAND", target_nodes=RedisCluster.RANDOM)
    return bool(cluster.onesoup_sharded)


def publishes(source: str) -> bool:
    return _PUBLISH in source


def collecting(source: str) -> str:
    """The script, returning [what it published, what it returned]."""
    return _COLLECTING % source.replace(_PUBLISH, "publish(")


def send(client: Any, told: Sequence[bytes]) -> None:
    """What a script has collected: channel, message, channel, message ..."""
    for channel, message in zip(told[::2], told[1::2], strict=True):
        client.execute_command("SPUBLISH", channel, message)


def places(client: Any, channels: Iterable[str]) -> Places:
    """Which node has which of the channels, as far as the client knows."""
    found: Places = {}
    for channel in channels:
        node = client.get_node_from_key(channel)
        if node is not None:
            found.setdefault((node.host, node.port), set()).add(channel)
    return found
