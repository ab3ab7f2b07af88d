"""The window of an SMPP connection: no clock, no socket."""

import gevent

from cir.smpp.window import SubmitWindow


def test_no_more_at_once_than_it_allows_and_none_is_forgotten():
    window, now, most, done = SubmitWindow(3), 0, 0, []

    def send(number):
        nonlocal now, most
        with window:
            now += 1
            most = max(most, now)
            gevent.sleep(0)
            now -= 1
            done.append(number)

    gevent.joinall([gevent.spawn(send, number) for number in range(20)], timeout=60, raise_error=True)
    assert (most, len(done), window.used) == (3, 20, 0)


def test_half_of_what_is_on_its_way_and_one_more_for_each_round_that_goes_well():
    window = SubmitWindow(8)
    for _ in range(8):
        window.__enter__()
    limits = []
    for _ in range(5):
        window.throttled()
        limits.append(window.limit)
    assert limits == [4, 2, 1, 1, 1]
    for _ in range(8):
        window.__exit__(None, None, None)
    window.taken()
    assert window.limit == 2
    window.taken()
    window.taken()
    assert window.limit == 3
    for _ in range(100):
        window.taken()
    assert window.limit == 8


def test_whoever_waits_for_a_narrow_window_goes_on_when_there_is_room():
    window = SubmitWindow(2)
    with window:
        window.throttled()
        waiting = gevent.spawn(window.__enter__)
        gevent.sleep(0)
        assert not waiting.dead
    waiting.get(timeout=60)
    assert window.used == 1
