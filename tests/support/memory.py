"""How much memory the keys of a Redis take."""

import redis


def memory(client: redis.Redis) -> int:
    """Bytes of all keys with all that is in them, as the server counts them."""
    return sum(client.memory_usage(key, samples=0) or 0 for key in client.scan_iter(count=1000))
