"""One connection for all greenlets: everybody gets the own answer, whatever breaks under it."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import gevent
import pytest
import redis

from onesoup.demo.servers import RedisServer
from onesoup.store.errors import StoreDown
from onesoup.store.redis.client import RedisScript, Shared, connect
from onesoup.store.redis.connection import RedisConnection
from onesoup.store.redis.pipeline import SharedConnection

ECHO = "return ARGV[1]"


@pytest.fixture
def shared(client, redis_server: RedisServer) -> Iterator[Shared]:  # `client` leaves an empty store
    shared = connect(redis_server.url, shared=True)
    assert isinstance(shared, Shared)
    yield shared
    shared.close()


@pytest.fixture
def echo(shared):
    return RedisScript(shared, ECHO)


@contextmanager
def stub(*lives: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server whose connections do what the functions say, one after the other. Gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as opened:

        def serve() -> None:
            for life in lives:
                try:
                    link = opened.enter_context(listener.accept()[0])
                    life(link)
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


def pipe_to(port: int, timeout: float = 5.0) -> SharedConnection:
    """Without the questions that redis-py asks of a new connection."""
    options = {"protocol": 2, "driver_info": None, "socket_timeout": 5.0}
    return SharedConnection(lambda: RedisConnection(port=port, **options), timeout)


def answers(octets: bytes) -> Callable[[socket.socket], None]:
    def life(link: socket.socket) -> None:
        link.recv(65536)
        link.sendall(octets)

    return life


def test_each_greenlet_gets_its_own_answer(echo):
    jobs = [gevent.spawn(echo, [], [f"word {number}"]) for number in range(300)]
    gevent.joinall(jobs, timeout=30)
    assert [job.value for job in jobs] == [f"word {number}".encode() for number in range(300)]


def test_one_connection_serves_them_all(shared, echo):
    shared.pipe.close()
    made, make = [], shared.pipe._make
    shared.pipe._make = lambda: made.append(make()) or made[-1]
    gevent.joinall(jobs := [gevent.spawn(echo, [], ["word"]) for _ in range(100)], timeout=30)
    assert [job.value for job in jobs] == [b"word"] * 100
    assert len(made) == 1


def test_a_script_that_redis_has_lost_is_loaded_again(shared, echo):
    echo([], ["first"])
    shared.script_flush()
    assert echo([], ["again"]) == b"again"


def test_commands_go_the_same_way_and_mean_what_they_always_do(shared):
    shared.pipe.close()
    shared.connection_pool.get_connection = None  # nobody takes one
    shared.hset("h", mapping={"a": "1", "b": "2"})
    shared.zadd("z", {"x": 1.5})
    assert (shared.hgetall("h"), shared.zrange("z", 0, -1, withscores=True)) == ({b"a": b"1", b"b": b"2"}, [(b"x", 1.5)])
    assert (shared.smembers("none"), shared.set("taken", "1", nx=True), shared.set("taken", "2", nx=True)) == (set(), True, None)
    assert shared.memory_usage("h") > 0  # a name of two words
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        shared.lrange("h", 0, -1)


def test_a_pipeline_brings_all_answers_in_one_round_trip(shared):
    shared.connection_pool.get_connection = None
    pipe = shared.pipeline(transaction=False)
    pipe.rpush("l", "one", "two").lrange("l", 0, -1).hset("h", "a", "1").hgetall("h")
    assert pipe.execute() == [2, [b"one", b"two"], 1, {b"a": b"1"}]
    assert pipe.execute() == []


def test_an_error_in_a_pipeline_keeps_nothing_else_from_running(shared):
    pipe = shared.pipeline(transaction=False)
    pipe.set("s", "text").lpop("s").set("t", "also")
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        pipe.execute()
    assert shared.mget("s", "t") == [b"text", b"also"]
    kind = [type(each) for each in shared.pipeline(transaction=False).lpop("s").get("t").execute(raise_on_error=False)]
    assert kind == [redis.ResponseError, bytes]


def test_what_cannot_be_sent_keeps_a_whole_pipeline_back(shared):
    with pytest.raises(TypeError):
        shared.pipeline(transaction=False).set("first", "1").execute_command("SET", "second", None).execute()
    assert shared.get("first") is None


def test_a_transaction_still_is_one(shared):
    assert shared.pipeline(transaction=True).incr("n").incr("n").execute() == [1, 2]


def test_a_pipeline_that_is_cut_in_the_middle_runs_once_more():
    with stub(answers(b"+one\r\n+tw"), answers(b"+three\r\n+four\r\n")) as port:
        pipe = pipe_to(port, timeout=0.5)
        assert pipe.call_all([("PING",), ("PING",)]) == [b"three", b"four"]
        pipe.close()


def test_an_error_is_of_the_call_that_made_it(shared, echo):
    broken = RedisScript(shared, "return redis.call('HGET', KEYS[1])")
    bad, good = gevent.spawn(broken, ["k"]), gevent.spawn(echo, [], ["fine"])
    gevent.joinall([bad, good], timeout=30)
    assert good.value == b"fine"
    assert isinstance(bad.exception, redis.ResponseError)


def test_more_than_the_socket_takes_at_once_arrives_whole(echo):
    words = [str(number) * 3_000_000 for number in range(3)]
    jobs = [gevent.spawn(echo, [], [word]) for word in words]
    gevent.joinall(jobs, timeout=30)
    assert [job.value.decode() for job in jobs] == words


def test_whoever_gives_up_leaves_his_answer_to_nobody(shared):
    """A greenlet's time is over while Redis still works for it; the next one gets the own answer."""
    pipe = shared.pipe

    def impatient() -> None:
        with gevent.Timeout(0.05, False):
            pipe.call(("BLPOP", "nothing-comes-here", "0.3"))

    first = gevent.spawn(impatient)
    gevent.sleep(0)
    second = gevent.spawn(pipe.call, ("ECHO", "mine"))
    gevent.joinall([first, second], timeout=30)
    assert second.value == b"mine"


def test_a_connection_that_is_cut_is_made_again(shared, echo, client):
    echo([], ["first"])
    for _ in range(3):
        client.client_kill_filter(_type="normal", skipme=True)
        jobs = [gevent.spawn(echo, [], [str(number)]) for number in range(20)]
        gevent.joinall(jobs, timeout=30)
        assert [job.value for job in jobs] == [str(number).encode() for number in range(20)]


def test_a_redis_that_is_away_is_said_so_and_used_again_when_it_is_back(tmp_path):
    with RedisServer(tmp_path) as server:
        client = connect(server.url, shared=True)
        echo = RedisScript(client, ECHO)
        assert echo([], ["before"]) == b"before"
        server.process.kill()
        jobs = [gevent.spawn(echo, [], ["meanwhile"]) for _ in range(20)]
        gevent.joinall(jobs, timeout=30)
        assert {type(job.exception) for job in jobs} == {StoreDown}
        server.start()
        assert echo([], ["after"]) == b"after"
        client.close()


def test_a_redis_that_does_not_answer_is_left_alone_after_a_time():
    def life(link: socket.socket) -> None:
        link.recv(65536)

    with stub(life, life) as port:
        pipe = pipe_to(port, timeout=0.2)
        began = time.monotonic()
        with pytest.raises(redis.TimeoutError):
            pipe.call(("PING",))
        assert time.monotonic() - began > 0.3  # two tries
        pipe.close()


def test_half_an_answer_is_none():
    with stub(answers(b"$5\r\nhel"), answers(b"+whole\r\n")) as port:
        assert _closing(port) == b"whole"


def test_what_is_no_answer_ends_the_connection():
    with stub(answers(b"HTTP/1.1 400 Bad Request\r\n\r\n"), answers(b"+fine\r\n")) as port:
        assert _closing(port) == b"fine"


def test_an_answer_too_many_ends_the_connection():
    with stub(answers(b"+one\r\n+two\r\n"), answers(b"+three\r\n")) as port:
        pipe = pipe_to(port)
        assert pipe.call(("PING",)) == b"one"
        gevent.sleep(0.05)
        assert pipe.call(("PING",)) == b"three"
        pipe.close()


def test_a_master_that_became_a_replica_is_left_for_the_new_one():
    with stub(answers(b"-READONLY You can't write against a read only replica.\r\n"), answers(b":1\r\n")) as port:
        assert _closing(port) == 1


def _closing(port: int) -> object:
    """What comes of a call where the first connection breaks; 0.5 s are what a half answer is worth."""
    pipe = pipe_to(port, timeout=0.5)
    try:
        return pipe.call(("PING",))
    finally:
        pipe.close()


def test_closing_frees_whoever_waits():
    with stub(lambda link: link.recv(65536) and time.sleep(0.5)) as port:
        pipe = pipe_to(port)
        job = gevent.spawn(pipe._linked().ask, ("PING",))
        gevent.sleep(0.01)
        pipe.close()
        job.join(timeout=10)
        assert isinstance(job.exception, redis.ConnectionError)
