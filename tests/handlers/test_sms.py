"""A phone that has nothing but SMS: it logs in, sends, hears, and is told what was wrong, in plain text syntax."""

from onesoup.csp.codec.codec import read_message
from onesoup.csp.lists import Item
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


def test_a_text_that_is_longer_than_26_short_messages_comes_in_several(exchange, holder):
    """Whatever does not go back would come again at every poll, and never arrive."""
    sid = logged_in(exchange)
    body = "".join(f'{number:05} "so" it goes on, ' for number in range(400))
    holder.says(sid, "bob@example.org", body, id="m1")
    holder.says(sid, "bob@example.org", "bye", id="m2")
    heard = []
    came = sms.answer(exchange, [f"WV12PO SI={sid}".encode()], PEER)
    while came:
        assert len(came) <= 26
        content = Codec.read(parts.join(came))
        heard.append(content.content_data)
        has = f"WV12MD{Codec.tid} SI={sid} ID={content.message_info.message_id}"
        came = sms.answer(exchange, [has.encode()], PEER)
    assert heard[-1] == "bye"
    assert len(heard) > 3
    assert "".join("".join(heard[:-1]).split()) == "".join(body.split())


class Codec:
    """What a phone reads out of an answer."""

    tid = ""

    @classmethod
    def read(cls, octets):
        (transaction,) = read_message(octets).transactions
        cls.tid = transaction.id
        return transaction.content


def test_a_contact_list_over_sms_comes_in_parts(exchange, holder):
    sid = logged_in(exchange)
    holder.roster(sid, *(Item(f"friend{number}@example.org", f"Friend {number}", (), "both") for number in range(200)))
    lists = Codec.read(whole(exchange, f"WV12GL2 SI={sid}").encode())
    found = []
    for number, name in enumerate([lists.default_contact_list, *lists.contact_list], 3):
        members = Codec.read(whole(exchange, f"WV12LM{number} SI={sid} CL={name} RL=T").encode())
        found += [each.user_id for each in members.nick_list.nick_name]
    assert len(set(found)) == len(found) == 200
