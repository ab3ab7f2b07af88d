"""Plain text syntax: what the known client writes and reads, what nobody should write, and the way there and back."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from onesoup.csp.codec import envelope
from onesoup.csp.codec.binding import write_node
from onesoup.csp.codec.envelope import Message, Mode, SessionType, Transaction
from onesoup.csp.codec.generated_elements import PRIMITIVES, LoginResponse, Node, Result, Status
from onesoup.wire import codec, pts_reader, pts_words, pts_writer, ptstext, sms, xmltext
from onesoup.wire.document import Document, Encoding
from onesoup.wire.errors import WireError
from onesoup.wire.generated import pts as tables
from onesoup.wire.limits import MAX_DOCUMENT_BYTES, MAX_ELEMENTS
from onesoup.wire.tree import Element
from tests.csp.codec.test_binding import nodes

from .test_fuzz import SETTINGS
from .vectors import GOOD

# What is on the wire, and the primitive that it is, as XML. Each is read so, and written so again.
EXAMPLES = [
    (
        "WV12LR3 UI=wv:alice@example.com PW=secret TL=3600 SC=c1 CI=http://client.example/",
        "<Login-Request><UserID>wv:alice@example.com</UserID><Password>secret</Password><TimeToLive>3600</TimeToLive>"
        "<SessionCookie>c1</SessionCookie><ClientID><URL>http://client.example/</URL></ClientID></Login-Request>",
    ),
    (
        "WV13LR3 UI=a SH=(SHA,MD5) CI=+4915112345",
        "<Login-Request><UserID>a</UserID><DigestSchema>SHA</DigestSchema><DigestSchema>MD5</DigestSchema>"
        "<ClientID><MSISDN>+4915112345</MSISDN></ClientID></Login-Request>",
    ),
    (
        'WV11RL0 ST=(401,"go on, please") NO=n DI=MD5',
        "<Login-Response><Result><Code>401</Code><Description>go on, please</Description></Result><Nonce>n</Nonce>"
        "<DigestSchema>MD5</DigestSchema></Login-Response>",
    ),
    (
        "WV12CP4 SI=s1 CA=((CT,MP),(SC,ST),(SC,SS),(PM,30),(CI,http://a/))",
        "<ClientCapability-Request><CapabilityList><ClientType>MOBILE_PHONE</ClientType><SupportedCIRMethod>STCP"
        "</SupportedCIRMethod><SupportedCIRMethod>SSMS</SupportedCIRMethod><ServerPollMin>30</ServerPollMin><CIRURL><URL>"
        "http://a/</URL></CIRURL></CapabilityList></ClientCapability-Request>",
    ),
    (
        "WV11PC4 SI=s1 AP=((CT,MP))",
        "<ClientCapability-Response><CapabilityList><ClientType>MOBILE_PHONE</ClientType></CapabilityList>"
        "</ClientCapability-Response>",
    ),
    (
        "WV13PC4 SI=s1 AP=((CT,MP))",
        "<ClientCapability-Response><AgreedCapabilityList><ClientType>MOBILE_PHONE</ClientType></AgreedCapabilityList>"
        "</ClientCapability-Response>",
    ),
    (
        "WV12SQ5 SI=s1 RF=(FF,PF,IF,GE) AR=T",
        "<Service-Request><Functions><WVCSPFeat><FundamentalFeat/><PresenceFeat/><IMFeat/><GroupFeat/></WVCSPFeat></Functions>"
        "<AllFunctionsRequest>T</AllFunctionsRequest></Service-Request>",
    ),
    (
        "WV12QS5 SI=s1 NF=((FF,((SearchFunc,(SRCH))))) AF=(WV)",
        "<Service-Response><Functions><WVCSPFeat><FundamentalFeat><SearchFunc><SRCH/></SearchFunc></FundamentalFeat></WVCSPFeat>"
        "</Functions><AllFunctions><WVCSPFeat/></AllFunctions></Service-Response>",
    ),
    (
        "WV13LG6 SI=s1 CL=(wv:a/x,wv:a/y) DC=wv:a/x",
        "<GetList-Response><ContactListIDList><ContactList>wv:a/x</ContactList><ContactList>wv:a/y</ContactList>"
        "</ContactListIDList><DefaultContactList>wv:a/x</DefaultContactList></GetList-Response>",
    ),
    (
        "WV12LG6 SI=s1 CL=wv:a/x DC=wv:a/x",
        "<GetList-Response><ContactList>wv:a/x</ContactList><DefaultContactList>wv:a/x</DefaultContactList></GetList-Response>",
    ),
    (
        'WV12CL7 SI=s1 CL=wv:a/x CP=((DN,"my ""best"" friends"),(DE,T)) UN=((Bob,wv:bob),(,wv:eve))',
        "<CreateList-Request><ContactList>wv:a/x</ContactList><ContactListProperties><Property><Name>DisplayName</Name>"
        '<Value>my "best" friends</Value></Property><Property><Name>Default</Name><Value>T</Value></Property>'
        "</ContactListProperties><NickList><NickName><Name>Bob</Name><UserID>wv:bob</UserID></NickName><NickName><Name/>"
        "<UserID>wv:eve</UserID></NickName></NickList></CreateList-Request>",
    ),
    (
        "WV12LM8 SI=s1 CL=wv:a/x RN=((,wv:bob)) RL=T",
        "<ListManage-Request><ContactList>wv:a/x</ContactList><RemoveNickList><UserID>wv:bob</UserID></RemoveNickList>"
        "<ReceiveList>T</ReceiveList></ListManage-Request>",
    ),
    (
        "WV12GP9 SI=s1 UI=(wv:a,wv:b) PS=(OS,UA,ST)",
        "<GetPresence-Request><User><UserID>wv:a</UserID></User><User><UserID>wv:b</UserID></User><PresenceSubList>"
        "<OnlineStatus/><UserAvailability/><StatusText/></PresenceSubList></GetPresence-Request>",
    ),
    (
        "WV13SB9 SI=s1 UI=wv:a AS=T",
        "<SubscribePresence-Request><UserIDList><UserID>wv:a</UserID></UserIDList><AutoSubscribe>T</AutoSubscribe>"
        "</SubscribePresence-Request>",
    ),
    (
        'WV12UP10 SI=s1 UV=((UA,T,AV),(ST,T,"at work"))',
        "<UpdatePresence-Request><PresenceSubList><UserAvailability><Qualifier>T</Qualifier><PresenceValue>AVAILABLE"
        "</PresenceValue></UserAvailability><StatusText><Qualifier>T</Qualifier><PresenceValue>at work</PresenceValue>"
        "</StatusText></PresenceSubList></UpdatePresence-Request>",
    ),
    (
        "WV12PN998 SI=s1 PR=(wv:bob,((OS,T,T),(CF,T,((CT,MP),(CV,0.1)))))",
        "<PresenceNotification-Request><Presence><UserID>wv:bob</UserID><PresenceSubList><OnlineStatus><Qualifier>T</Qualifier>"
        "<PresenceValue>T</PresenceValue></OnlineStatus><ClientInfo><Qualifier>T</Qualifier><ClientType>MOBILE_PHONE</ClientType>"
        "<ClientVersion>0.1</ClientVersion></ClientInfo></PresenceSubList></Presence></PresenceNotification-Request>",
    ),
    (
        "WV12PG9 SI=s1 ST=200 PR=((wv:bob),(wv:eve,((OS,F,))))",
        "<GetPresence-Response><Result><Code>200</Code></Result><Presence><UserID>wv:bob</UserID></Presence><Presence>"
        "<UserID>wv:eve</UserID><PresenceSubList><OnlineStatus><Qualifier>F</Qualifier></OnlineStatus></PresenceSubList>"
        "</Presence></GetPresence-Response>",
    ),
    ("WV12PO SI=s1", "<Polling-Request/>"),
    ("WV12OR999 SI=s1", "<Logout-Request/>"),
    ("WV12KA1 SI=s1 TL=60", "<KeepAlive-Request><TimeToLive>60</TimeToLive></KeepAlive-Request>"),
    (
        'WV12SM11 SI=s1 RR=T MI=((RE,((US,((UI,wv:b))))),(TY,text/plain)) CD="hi, ""you"""',
        "<SendMessage-Request><DeliveryReport>T</DeliveryReport><MessageInfo><Recipient><User><UserID>wv:b</UserID></User>"
        '</Recipient><ContentType>text/plain</ContentType></MessageInfo><ContentData>hi, "you"</ContentData>'
        "</SendMessage-Request>",
    ),
    ("WV12MD3 SI=s1 ID=m1", "<MessageDelivered><MessageID>m1</MessageID></MessageDelivered>"),
    (
        "WV12ZZ3 SI=s1 Primitive=StopSearch-Request SearchID=7",
        "<StopSearch-Request><SearchID>7</SearchID></StopSearch-Request>",
    ),
    ("WVXXZZ3 Primitive=WV-CSP-VersionDiscovery-Request", "<WV-CSP-VersionDiscovery-Request/>"),
]


def primitive_of(document: Document) -> Element:
    content = document.root.children[0].children[1].children[1]
    assert content.name == "TransactionContent"
    return content.children[0]


def read(text: str | bytes) -> Document:
    return codec.decode(text.encode() if isinstance(text, str) else text, "application/vnd.wv.csp.sms")


@pytest.mark.parametrize(("text", "xml"), EXAMPLES, ids=[text.split(" ")[0] for text, _ in EXAMPLES])
def test_an_example_is_read_and_written_again(text, xml):
    document = read(text)
    assert xmltext.write_element(primitive_of(document)) == xml
    assert document.encoding is Encoding.PTS
    assert codec.encode(document).decode() == text


# What is read as another form of it would be.
ALIKE = [
    ("WV12LR3 UI=a", "wv12lr3 ui=a"),
    ("WV12LR3 UI=a PW=b", "WV12LR3  UI=a   PW=b \r\n"),
    ("WV12LR3 UI=a", "WV12LR3aa UI=a"),
    ('WV12LR3 PW="a=(b&c,d"', "WV12LR3 PW=a=(b&c,d"),
    ('WV12UP7 SI=s UV=((ST,T,"at work ""now"""))', 'WV12UP7 SI=s UV=((ST,T,at work "now"))'),
    ("WV12UP7 SI=s UV=((CF,T,((CT,MP))))", "WV12UP7 SI=s UV=((CF,T,(CT,MP)))"),
    ("WV12GP7 SI=s UI=a PS=(OS)", "WV12GP7 SI=s UI=(a) PS=OS"),
    ("WV12GP7 SI=s UI=a PS=((CF,((CT),(CP))))", "WV12GP7 SI=s UI=a PS=(CF,(CT,CP))"),
    ("WV12PG7 ST=200 PR=(a,((OS,T,T)))", "WV12PG7 ST=200 PR=((a,((OS,T,T))))"),
    ("WV12CP7 SI=s CA=((SC,ST),(SC,SS))", "WV12CP7 SI=s CA=((sc,(st,ss)))"),
    ("WV12SQ7 SI=s RF=(FF,PF)", "WV12SQ7 SI=s RF=(FF,(WV,(PF)))"),
    ("WV12LM7 SI=s RN=((,a),(,b))", "WV12LM7 SI=s RN=(a,b)"),
    ('WV12CL7 SI=s CL=""', "WV12CL7 SI=s CL"),
    ("WV12ST7 SI=s ST=200", "WV12ST7 SI=s ST=(00200)"),
]


@pytest.mark.parametrize(("form", "other"), ALIKE)
def test_two_forms_of_one_message(form, other):
    assert read(form).root == read(other).root
    assert codec.encode(read(other)).decode() == form


@pytest.mark.parametrize(
    ("text", "says", "offset"),
    [
        ("WV12", "preamble", 0),
        ("WV12L3 UI=a", "preamble", 0),
        ("WV12LR1234 UI=a", "preamble", 0),
        ("WV12LR3abc", "preamble", 0),
        ("WV14LR3 UI=a", "no CSP 1.4", 2),
        ("WV12LR3ba UI=a", "behind the last", 7),
        ("WV12LR3ac UI=a", "part 1 of 3 alone", 7),
        ("WV12LR3 =a", "no parameter name", 8),
        ("WV12LR3 UI=a é=b", "no parameter name", 13),
        ('WV12LR3 PW="a', "quotes are not closed", 11),
        ('WV12LR3 PW="a"b', "no blank", 14),
        ("WV12CP3 CA=((CT,MP)", "not closed", 19),
        ('WV12CP3 CA=(("CT"x,MP))', "neither", 17),
        ("WV12CP3 CA=(CT,MP)x", "no blank", 18),
        ("WV12CP3 CA=((CT,MP,x))", "3 members", 12),
        ("WV12CP3 CA=((),)", "does not begin with a name", 12),
        ("WV12CP3 CA=(((CT),MP))", "does not begin with a name", 12),
        ("WV12CP3 CA=((,MP))", "no name", 13),
        ("WV12CP3 CA=((C T,MP))", "no name", 13),
        ("WV12OR3 SI=(a,b)", "a text is expected", 11),
        ("WV12ST3 ST=((200),a)", "where Code is expected", 12),
        ("WV12CL3 UN=((a,b,c))", "no pair", 12),
        ("WV12CL3 UN=((a,(b)))", "nickname and user", 12),
        ("WV12CL3 CP=((DN,(a)))", "where Value is expected", 16),
        ("WV12PG3 PR=((a),((b)))", "a user is expected", 17),
        ("WV12UP3 UV=((OS,T,T,T))", "4 members", 12),
        ("WV12UP3 UV=((OS,(T),T))", "a qualifier is expected", 16),
        ("WV12ZZ3 Primitive=a/b", "no name of a primitive", 18),
        ("WV12CP3 CA=" + "(" * 40, "too deep", 35),
        ("WV12GL3 CL=(" + "," * MAX_ELEMENTS + ")", "too many values", MAX_ELEMENTS + 11),
        ("WV12GL3 CL=" + "a" * MAX_DOCUMENT_BYTES, "limit is", MAX_DOCUMENT_BYTES),
    ],
)
def test_an_error_says_what_and_where(text, says, offset):
    with pytest.raises(WireError, match=says) as caught:
        read(text)
    assert caught.value.offset == offset


def test_an_error_carries_the_ids_for_an_answer():
    with pytest.raises(WireError) as caught:
        read("WV13LM17 SI=s1 AN=((Bob")
    assert envelope.salvage_ids(caught.value.partial) == ("s1", "17")
    assert caught.value.version == "1.3"


def test_a_transaction_without_a_known_code_keeps_its_ids():
    (transaction,) = envelope.message_from_document(read("WV12QQ5 SI=s1 XY=1")).transactions
    assert isinstance(transaction.content, envelope.Unknown)
    assert transaction.id == "5"


def test_utf_8_and_what_phones_make_of_it():
    assert primitive_of(read("WV12LR1 PW=größe")).findtext("Password") == "größe"
    surrogates = "\ud83d\ude00".encode("utf-8", "surrogatepass")
    assert primitive_of(read(b"WV12LR1 PW=" + surrogates)).findtext("Password") == "😀"
    assert primitive_of(read(b"WV12LR1 PW=a\xff")).findtext("Password") == "a\ufffd"
    assert primitive_of(read(b"WV12LR1 PW=a\0b")).findtext("Password") == "ab"


# ---- what is not said


def said(primitive: Node, version: str = "1.2", tid: str | None = "7", mode: Mode = Mode.RESPONSE) -> str:
    message = Message(version, Encoding.PTS, [Transaction(mode, tid, primitive)], "s1", SessionType.INBAND, poll=True)
    return codec.encode(envelope.document_from_message(message)).decode()


def test_the_known_client_gets_no_word_that_it_does_not_know():
    """It fails on a parameter, a capability or an attribute that is not in its tables, and on a line break anywhere."""
    text = 'WV12PN7 SI=s1 PR=(a,((OS,T,T),(CommCap,T,((CommC,((Cap,IM))))),(ST,T,"a\nb")))'
    assert codec.encode(read(text)).decode() == 'WV12PN7 SI=s1 PR=(a,((OS,T,T),(ST,T,"a b")))'
    assert codec.encode(read("WV12PC7 SI=s1 AP=((CT,MP),(AcceptedCharset,106))")).decode() == "WV12PC7 SI=s1 AP=((CT,MP))"
    detailed = Status(result=Result(code=201, description="partly", detailed_result=[]))
    assert said(detailed) == "WV12ST7 SI=s1 ST=(201,partly)"


def test_the_session_id_of_a_login_answer_is_said_once():
    assert said(LoginResponse(result=Result(code=200), session_id="s2"), tid="3") == "WV12RL3 ST=200 SI=s2"


def test_an_answer_without_a_code_that_says_no_more_than_a_status():
    assert said(PRIMITIVES["CreateList-Response"](), version="1.3") == "WV13ST7 SI=s1"


def test_a_mode_that_the_code_does_not_say_is_said():
    left = PRIMITIVES["LeaveGroup-Response"](group_id="g")
    text = said(left, mode=Mode.REQUEST)
    assert text == "WV12ZZ7 SI=s1 Primitive=LeaveGroup-Response TransactionMode=Request GI=g"
    assert envelope.message_from_document(read(text)).transactions == [Transaction(Mode.REQUEST, "7", left)]


@pytest.mark.parametrize("tid", ["1000", "s7", "-1", "٣"])
def test_a_transaction_id_that_cannot_be_said(tid):
    with pytest.raises(WireError, match="at most three digits"):
        said(Status(result=Result(code=200)), tid=tid)


@pytest.mark.parametrize(
    "root",
    [
        Element("Status"),
        Element("WV-CSP-Message"),
        Element("WV-CSP-Message", "", [Element("Session")]),
        Element("WV-CSP-Message", "", [Element("Session", "", [Element("Transaction"), Element("Transaction")])]),
        Element("WV-CSP-Message", "", [Element("Session", "", [Element("Transaction")])]),
    ],
)
def test_a_tree_that_is_no_message_cannot_be_written(root):
    with pytest.raises(WireError, match="PTS"):
        pts_writer.encode(root, "1.2")


# ---- tables


def test_no_word_of_the_tables_stands_for_two_things():
    for words in (tables.CAPABILITIES, tables.SERVICES, tables.PRESENCE, tables.PROPERTIES, *tables.VALUES.values()):
        assert len(set(words.values())) == len(words)
    names = [name for name in tables.TRANSACTIONS.values() if name]
    assert len(set(names)) == len(names)
    assert set(names) <= set(PRIMITIVES)
    assert all(len(code) == 2 and code.isupper() for code in (*tables.TRANSACTIONS, *tables.PARAMETERS))


# ---- there and back

VERSIONS = st.sampled_from(["1.1", "1.2", "1.3"])
CODES = {code for words in tables.VALUES.values() for code in words} | {"WV"}


def coded(node: object) -> bool:
    """Whether a text happens to be the word for another."""
    if isinstance(node, str):
        return node.upper() in CODES
    if isinstance(node, list):
        return any(map(coded, node))
    return isinstance(node, Node) and any(coded(getattr(node, name)) for name in node.__slots__)


@pytest.mark.parametrize("name", sorted(set(PRIMITIVES) - pts_words.CLOSED_PRIMITIVES - set(pts_words.WRITTEN_AS)))
@settings(max_examples=2, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(data=st.data(), version=VERSIONS)
def test_a_primitive_that_is_not_closed_arrives_whole(name, data, version):
    primitive = data.draw(nodes(PRIMITIVES[name], version, 2))
    assume(not coded(primitive))
    text = said(primitive, version, mode=Mode.REQUEST)
    document = read(text)
    (transaction,) = envelope.message_from_document(document).transactions
    assert codec.encode(document).decode() == text
    assert transaction.mode is Mode.REQUEST
    assert settled(write_node(transaction.content, version)) == settled(write_node(primitive, version))


def settled(element: Element) -> Element:
    """With one form where the schema has two: no empty list around names, no attribute without anything, no half of a pair."""
    children = [settled(each) for each in element.children]
    if element.name == "ClientID" and len(children) == 1:
        children[0].name = "URL"
    if pair := {"NickName": ("Name", "UserID"), "Property": ("Name", "Value")}.get(element.name):
        children = [Element(name, element.findtext(name)) for name in pair]
    kept = [each for each in children if each.children or not each.name.endswith("IDList")]
    element.children = sorted(kept, key=lambda each: each.name)
    return element


@pytest.mark.parametrize("name", sorted(pts_words.CLOSED_PRIMITIVES))
@settings(max_examples=3, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(data=st.data(), version=VERSIONS)
def test_a_closed_primitive_settles_after_one_trip(name, data, version):
    primitive = data.draw(nodes(PRIMITIVES[name], version, 2))
    text = said(primitive, version)
    assert codec.encode(read(text)).decode() == text


def settles(document: Document) -> None:
    """Written and read again it may have lost what has no word; from then on nothing changes."""
    once = codec.encode(document)
    assert codec.encode(codec.decode(once)) == once


@SETTINGS
@given(st.sampled_from([b"WV12", b"WV12LR3 ", b"WV13UP3 SI=a UV=((", b"WV11CP9 CA=", b"WVXX"]), st.binary(max_size=300))
def test_any_octets_after_a_good_start(start, octets):
    with suppress(WireError):
        settles(pts_document(start + octets))


def pts_document(octets: bytes) -> Document:
    root, version = pts_reader.decode(octets)
    return Document(root, version, Encoding.PTS)


@SETTINGS
@given(st.text(max_size=40))
def test_any_text_arrives(text):
    """In a parameter of its own, and inside a group."""
    message = read("WV12SM1 SI=s MI=((SE,a)) CD=a")
    primitive = primitive_of(message)
    primitive.children[0].children[0].text = primitive.children[1].text = text
    again = primitive_of(codec.decode(codec.encode(message)))
    legal = ptstext.legal_text(text)
    assert (again.children[0].children[0].text, again.children[1].text) == (legal, legal)


def test_the_vectors_of_the_other_encodings():
    """Every message of one transaction can be said in PTS, and what is left of it then is what it says."""
    tried = 0
    for vector in GOOD:
        document = codec.decode(vector.octets)
        session = document.root.find("Session")
        transactions = [each for each in session.children if each.name == "Transaction"] if session else []
        if len(transactions) != 1 or document.root.name != "WV-CSP-Message" or document.version == "1.0":
            continue
        about = transactions[0].find("TransactionDescriptor")
        content = transactions[0].find("TransactionContent")
        if about is None or content is None or not content.children:
            continue
        for each in about.children:
            each.text = "7" if each.name == "TransactionID" else each.text
        tried += 1
        settles(Document(document.root, document.version, Encoding.PTS))
    assert tried > 50


# ---- SMS


def test_parts_of_a_long_message():
    message = b"WV12SM5 SI=s1 CD=" + b"x" * 300
    parts = sms.split(message)
    assert [part[:10] for part in parts] == [b"WV12SM5ac ", b"WV12SM5bc ", b"WV12SM5cc "]
    assert all(len(part) <= sms.MAX_CSP_SMS_BYTES for part in parts)
    assert sms.key(parts[1]) == ("WV12SM5", 1, 3)
    assert sms.join(reversed([*parts, parts[1]])) == message
    assert sms.split(b"WV12PO SI=s1") == [b"WV12PO SI=s1"]
    assert sms.join([b"WV12PO"]) == b"WV12PO "


def test_parts_that_are_no_message():
    parts = sms.split(b"WV12SM5 SI=s1 CD=" + b"x" * 300)
    assert not sms.complete(parts[:2])
    for wrong in ([], parts[:2], [*parts[:2], b"WV12SM6cc x"], [*parts[:2], b"WV12SM5cd x"]):
        with pytest.raises(WireError, match="not one message"):
            sms.join(wrong)
    with pytest.raises(WireError, match="do not go into 26 parts"):
        sms.split(b"WV12SM5 " + b"x" * 4000)
    with pytest.raises(WireError, match="preamble"):
        sms.key(b"hello")


@SETTINGS
@given(st.text(max_size=400), st.integers(14, 200), st.randoms())
def test_what_is_split_is_joined(text, octets, rng):
    message = b"WV12SM5 CD=" + text.encode()
    with suppress(WireError):
        parts = sms.split(message, octets)
        assert all(len(part) <= octets for part in parts)
        rng.shuffle(parts)
        assert sms.complete(parts)
        assert sms.join(parts) == message


@SETTINGS
@given(
    st.lists(st.builds(bytes.__add__, st.sampled_from([b"WV12SM5ab ", b"WV12SM5bb ", b"", b"WV12SM5"]), st.binary(max_size=20)))
)
def test_any_parts(parts):
    with suppress(WireError):
        sms.join(parts)
