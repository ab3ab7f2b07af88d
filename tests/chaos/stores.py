"""F6-F10: Redis dies, fails over, is cut off, is full, is slow."""

from pathlib import Path

import gevent
import redis

from onesoup.load.proxy import NO_FAULT, Fault, TcpProxy
from tests.chaos.case import Field, case
from tests.chaos.figures import Figure, just, least, most
from tests.support.topologies import Sentinels, started

DOWN_AFTER = 1.0
MAX_LAG = 3


@case(
    6,
    "kill -9 of Redis and a restart 5 s later (AOF everysec)",
    "requests in the gap get a CSP answer within 2 s; service is back within 2 s of the restart; nothing is lost",
)
def redis_killed(field: Field) -> list[Figure]:
    died = field.mark("kill -9 of Redis")
    field.stack.redis.kill()
    field.work(5.0)
    field.stack.redis.start()
    back = field.mark("Redis is up")
    slowest = field.slowest(died, back)
    recovered = field.recovered(back)
    return [
        most("slowest answer in the gap", slowest, 2.0, "s"),
        just("requests refused in the gap", field.failures(died, back)),
        most("time until requests succeed after the restart", recovered, 2.0, "s"),
        most("sessions ended", sum(user.sessions_ended for user in field.run.users), 0),
    ]


@case(
    7,
    "the master dies, Sentinels promote the replica (down-after 1 s)",
    "service is back within down-after + 3 s; nothing is lost",
    redis_server=lambda directory: started(Sentinels(directory / "redis")),
)
def failover(field: Field) -> list[Figure]:
    sentinels = field.stack.redis
    died = field.mark("kill -9 of the master")
    sentinels.process.kill()
    recovered = field.recovered(died)
    return [
        most("time until requests succeed", recovered, DOWN_AFTER + 3.0, "s"),
        most("slowest answer", field.slowest(died), 10.0, "s"),
        most("sessions ended", sum(user.sessions_ended for user in field.run.users), 0),
    ]


@case(
    9,
    "Redis is full (noeviction), then a read-only replica",
    "requests are refused cleanly, nothing is lost, and service comes back by itself",
)
def redis_full(field: Field) -> list[Figure]:
    client = redis.Redis.from_url(field.stack.redis_url)
    full = field.mark("Redis is full")
    client.config_set("maxmemory", client.info("memory")["used_memory"])
    field.work(10.0)
    refused = field.failures(full)
    client.config_set("maxmemory", 0)
    freed = field.mark("Redis has room")
    after_full = field.recovered(freed)
    readonly = field.mark("Redis is read-only")
    client.replicaof("127.0.0.1", "1")
    field.work(10.0)
    refused_readonly = field.failures(readonly)
    client.replicaof("NO", "ONE")
    again = field.mark("Redis takes writes")
    after_readonly = field.recovered(again)
    return [
        just("requests refused while full", refused),
        most("time until requests succeed, once there is room", after_full, 5.0, "s"),
        just("requests refused while read-only", refused_readonly),
        most("time until requests succeed, once it accepts writes", after_readonly, 5.0, "s"),
        most("slowest answer", field.slowest(full), 10.0, "s"),
        most("sessions ended", sum(user.sessions_ended for user in field.run.users), 0),
    ]


@case(
    10,
    "Redis is slow: 200 ms for each answer, then 2 s",
    "requests are refused with a CSP code, within 10 s; waiting requests do not pile up",
    proxied=("redis",),
)
def redis_slow(field: Field) -> list[Figure]:
    proxy = field.proxies["redis"]
    slow = field.mark("Redis takes 200 ms")
    proxy.fault = Fault(latency=0.2)
    field.work(15.0)
    at_200, most_200 = field.failures(slow), field.slowest(slow)
    slower = field.mark("Redis takes 2 s")
    proxy.fault = Fault(latency=2.0)
    field.work(20.0)
    at_2000, most_2000 = field.failures(slower), field.slowest(slower)
    most_open = proxy.open
    proxy.fault = NO_FAULT
    fast = field.mark("Redis is fast")
    recovered = field.recovered(fast)
    gevent.sleep(1.0)
    return [
        just("requests refused at 200 ms", at_200),
        most("slowest answer at 200 ms", most_200, 10.0, "s"),
        least("requests refused at 2 s", at_2000, 1),
        most("slowest answer at 2 s", most_2000, 10.0, "s"),
        most("connections to Redis at 2 s", most_open, 400),
        most("time until requests succeed, once Redis is fast", recovered, 15.0, "s"),
        most("sessions ended", sum(user.sessions_ended for user in field.run.users), 0),
    ]


@case(
    8,
    "the master is cut off from its replica and from the Sentinels, while clients reach both sides",
    "at most the writes within min-replicas-max-lag are lost; no session is broken; the cut-off master accepts no more writes",
    loses=True,
    redis_server=lambda directory: started(CutOff(directory / "redis")),
)
def partition(field: Field) -> list[Figure]:
    """Clients go on to reach the old master: it refuses writes when its replica has been silent for max-lag, and they have to
    find the new one by themselves."""
    servers = field.stack.redis
    cut = field.mark("the master is cut off")
    servers.cut()
    promoted = field.until(lambda: redis.Redis(port=servers.replica.port).info("replication")["role"] == "master", 30.0)
    field.mark("the replica is promoted")
    recovered = field.recovered(cut, within=60)
    field.work(5.0)
    field.mark("the cut is mended")
    servers.mend()
    field.work(10.0)
    return [
        just("the replica is promoted", promoted, "s"),
        most("time until requests succeed", recovered, DOWN_AFTER + MAX_LAG + 6.0, "s"),
        most("slowest answer", field.slowest(cut), 10.0, "s"),
        most("sessions ended", sum(user.sessions_ended for user in field.run.users), 0),
    ]


class CutOff(Sentinels):
    """Sentinels and replica reach the master through a proxy, which knows them by their addresses."""

    REPLICA, SENTINEL = "127.0.0.3", "127.0.0.4"

    def __init__(self, directory: Path, program: str | None = None, *, wanted: int = 1) -> None:
        """`wanted` is min-replicas-to-write: with 0 the master that is cut off goes on taking writes."""
        self.wanted = wanted
        self.proxy = TcpProxy(("127.0.0.1", 0))
        self.proxy.__enter__()
        super().__init__(directory, program)
        self.proxy.to = ("127.0.0.1", self.master.port)
        self.master.process.argv += ["--min-replicas-to-write", str(wanted), "--min-replicas-max-lag", str(MAX_LAG)]
        announced = ["--replica-announce-ip", "127.0.0.1", "--replica-announce-port"]
        self.replica.process.argv[-1] = str(self.proxy.port)
        # Its protection takes every address but 127.0.0.1 for a stranger's.
        self.replica.process.argv += ["--protected-mode", "no", "--bind-source-addr", self.REPLICA]
        self.replica.process.argv += [*announced, str(self.replica.port)]
        for watcher in self.watchers:
            config = watcher.dir / "sentinel.conf"
            text = config.read_text().replace(f"127.0.0.1 {self.master.port} 2", f"127.0.0.1 {self.proxy.port} 2")
            config.write_text(f"bind-source-addr {self.SENTINEL}\nsentinel announce-ip 127.0.0.1\n{text}")

    def cut(self) -> None:
        self.proxy.faults = {self.REPLICA: Fault(silent=True), self.SENTINEL: Fault(silent=True)}

    def mend(self) -> None:
        self.proxy.faults = {}
