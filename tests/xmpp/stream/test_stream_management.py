"""Stream management counters (XEP-0198): acknowledgements, wrap-around, resumption from old knowledge."""

import pytest

from onesoup.xmpp.stream.stream_management import MAX_UNACKED, SmError, StreamManagement


def sent(count, sm=None):
    sm = sm or StreamManagement("id")
    for number in range(1, count + 1):
        sm.sent(f"k{number}", b"<message/>")
    return sm


def test_acknowledgement_reports_each_key_once_in_order():
    sm = sent(3)
    assert sm.acked(2) == ["k1", "k2"]
    assert sm.acked(2) == []
    assert sm.acked(3) == ["k3"]
    assert (sm.h_out, sm.waiting) == (3, 0)


def test_stanzas_without_a_key_count_and_are_not_reported():
    sm = StreamManagement("id")
    sm.sent(None, b"<presence/>")
    sm.sent("k", b"<message/>")
    assert sm.acked(2) == ["k"]


@pytest.mark.parametrize("h", [4, 2**32 - 1, 10**9])
def test_what_was_never_sent_cannot_be_acknowledged(h):
    with pytest.raises(SmError):
        sent(3).acked(h)


def test_counters_wrap():
    sm = StreamManagement.restore({"sm_id": "x", "h_in": 2**32 - 1, "acked": 2**32 - 2})
    sent(4, sm)
    assert sm.h_out == 2
    assert sm.acked(1) == ["k1", "k2", "k3"]
    assert sm.after(1) == 0
    assert sm.received(2) == 1


def test_the_queue_has_a_bound():
    assert not sent(MAX_UNACKED - 1).full
    assert sent(MAX_UNACKED).full


def test_state_survives_the_way_through_a_store():
    sm = sent(3, StreamManagement("the id", "host:1", 300))
    sm.received(7)
    sm.acked(1)
    state = sm.export()
    assert [(seq, key) for seq, key, _ in state["unacked"]] == [(2, "k2"), (3, "k3")]
    again = StreamManagement.restore(state)
    assert again.export() == state
    assert again.resumed(2) == ["k2"]
    assert again.unacked == [("k3", b"<message/>")]


def test_resumption_takes_the_servers_count_when_ours_is_older():
    """The process that died had sent more than it could note down."""
    sm = StreamManagement.restore({"sm_id": "x", "h_in": 5})
    assert sm.resumed(12) == []
    sm.sent("new", b"")
    assert (sm.h_out, sm.acked(13)) == (13, ["new"])


def test_a_count_that_fell_back_is_refused():
    sm = StreamManagement.restore({"sm_id": "x", "h_in": 0, "acked": 9})
    with pytest.raises(SmError):
        sm.resumed(8)


def test_without_an_id_nothing_can_be_resumed():
    assert not StreamManagement().resumable
