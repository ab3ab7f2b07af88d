"""A phone that has nothing but SMS: it logs in, sends, hears, and is told what was wrong, in plain text syntax."""

from onesoup.handlers import sms
from onesoup.handlers.context import Peer
from onesoup.wire import sms as parts

PEER = Peer("", "", "")


def told(exchange, *said: str) -> list[str]:
    return [each.decode() for each in sms.answer(exchange, [each.encode() for each in said], PEER)]


def whole(exchange, said: str) -> str:
    return parts.join(sms.answer(exchange, parts.split(said.encode()), PEER)).decode()


def logged_in(exchange) -> str:
    login = "WV12LR1 UI=wv:alice@example.org PW=secret SC=c00kie CI=+4915112345 TL=3600"
    return whole(exchange, login).partition(" SI=")[2].split(" ")[0]


def test_a_conversation_over_sms(exchange, holder):
    sid = logged_in(exchange)
    assert whole(exchange, f"WV12GL2 SI={sid}").startswith(f"WV12LG2 SI={sid} ")
    message = f'WV12SM3 SI={sid} MI=((RE,((US,((UI,wv:bob@example.org))))),(TY,text/plain)) CD="{"hello (you), " * 20}"'
    assert len(parts.split(message.encode())) > 2
    assert whole(exchange, message).startswith(f"WV12MS3 SI={sid} ST=200 ID=")

    holder.says(sid, "bob@example.org", "hi, alice", id="m1")
    came = whole(exchange, f"WV12PO SI={sid}")
    assert came.startswith(f"WV12NM999 SI={sid} MI=(")
    assert came.endswith(' CD="hi, alice"')

    assert told(exchange, f"WV12MD999 SI={sid} ID=m1") == []
    assert told(exchange, f"WV12PO SI={sid}") == []
    assert whole(exchange, f"WV12OR5 SI={sid}") == f"WV12ST5 SI={sid} ST=200"


def test_what_cannot_be_read_is_answered_where_it_shows_an_id(exchange):
    assert told(exchange, "WV13LM7 SI=s1 AN=((Bob") == ['WV13ST7 SI=s1 ST=(400,"PTS: the group is not closed at offset 22")']
    assert told(exchange, "hello") == []
    assert told(exchange, "WV12PO") != []
    assert told(exchange, "WV12LR7ac UI=a") == []


def test_a_primitive_that_nobody_serves(exchange):
    sid = logged_in(exchange)
    assert whole(exchange, f"WV12QQ2 SI={sid} XY=1") == f'WV12ST2 SI={sid} ST=(501,"not implemented")'
