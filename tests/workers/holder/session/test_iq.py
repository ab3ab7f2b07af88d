"""What became of an iq, and what a worker is told when there is no answer."""

import pytest
from xmpp.simplexml import NodeBuilder

from onesoup.store.errors import Fenced, NoSession, StoreDown
from onesoup.xmpp import answers
from onesoup.xmpp.stream import StreamFailure
from onesoup.xmpp.stream.errors import FAILURE_NO_ANSWER
from workers.holder.session.iq import REMOTE_TIMEOUT, answer_of, failure_answer, result_of

SILENCE, CLOSED = StreamFailure(FAILURE_NO_ANSWER, ""), StreamFailure("closed", "eof")
ERROR = "<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"


def node(text):
    return NodeBuilder(text).getDom()


def fails(error):
    def work():
        raise error

    return work


def refusal(payload):
    with pytest.raises(answers.CommandRefused) as caught:
        answers.unpack(payload, answers.CommandAnswer)
    return caught.value.code, caught.value.text


def test_a_result_has_no_condition():
    found = result_of(lambda: node("<iq type='result'><query/></iq>"))
    assert (found.condition, found.stanza.getTag("query").getName()) == ("", "query")


def test_an_error_has_its_condition():
    assert result_of(lambda: node(f"<iq type='error'>{ERROR}</iq>")).condition == "item-not-found"


def test_silence_is_a_condition_and_the_end_of_the_stream_is_not():
    found = result_of(fails(SILENCE))
    assert (found.condition, found.stanza) == (REMOTE_TIMEOUT, None)
    with pytest.raises(StreamFailure):
        result_of(fails(CLOSED))


def test_a_worker_hears_504_of_silence_and_503_of_a_stream_that_ended():
    assert refusal(failure_answer(SILENCE)) == (504, "the server did not answer")
    assert refusal(failure_answer(CLOSED)) == (503, "the server did not answer")


@pytest.mark.parametrize(
    ("error", "code"),
    [(SILENCE, 504), (CLOSED, 503), (StoreDown("away"), 503), (Fenced(), 503), (NoSession(), 503), (ValueError("bug"), 500)],
)
def test_whatever_fails_a_worker_is_answered(error, code):
    assert refusal(answer_of(fails(error)))[0] == code


def test_an_answer_is_passed_on():
    assert answer_of(lambda: b"packed") == b"packed"
