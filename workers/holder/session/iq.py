"""What became of an iq that was sent: the result, the condition of an error, silence; and what a worker is told of it."""

from collections.abc import Callable
from dataclasses import dataclass

from xmpp.simplexml import Node

from onesoup.csp.status import StatusCode
from onesoup.observability.bugs import log_bug
from onesoup.store.errors import Fenced, NoSession, StoreDown
from onesoup.xmpp import answers
from onesoup.xmpp.stream import StreamFailure, stanzas
from onesoup.xmpp.stream.errors import FAILURE_NO_ANSWER

# The condition of an entity that does not answer in time (RFC 6120 section 8.3.3.17).
REMOTE_TIMEOUT = "remote-server-timeout"


@dataclass(frozen=True, slots=True)
class IqResult:
    """`condition`: "" for a result, else that of the error; silence is remote-server-timeout, without a stanza."""

    condition: str
    stanza: Node | None


def result_of(request: Callable[[], Node]) -> IqResult:
    """What an iq is answered that `request` sends and waits for. StreamFailure when there is no stream, or it ends before."""
    try:
        answer = request()
    except StreamFailure as failure:
        if failure.kind != FAILURE_NO_ANSWER:
            raise
        return IqResult(REMOTE_TIMEOUT, None)
    return IqResult("" if answer.getAttr("type") == "result" else stanzas.error_condition(answer), answer)


def failure_answer(failure: StreamFailure) -> bytes:
    """The answer for a worker whose command could not be carried out: 504 or 503."""
    code = StatusCode.TIMEOUT if failure.kind == FAILURE_NO_ANSWER else StatusCode.SERVICE_UNAVAILABLE
    return answers.status(code, "the server did not answer")


def answer_of(work: Callable[[], bytes]) -> bytes:
    """The answer that `work` makes, or one that says why there is none. Raises nothing."""
    try:
        return work()
    except StreamFailure as failure:
        return failure_answer(failure)
    except (StoreDown, Fenced, NoSession):
        return answers.status(StatusCode.SERVICE_UNAVAILABLE, "try again later")
    except Exception as error:
        log_bug(error)
        return answers.status(StatusCode.INTERNAL_ERROR, "internal error")
