"""The engine of the phone in the browser against a server of a few lines: refusals, a server that is away, the end of a session,
what is sent when. Talks with the real server are in tests/stories/test_browser_phone.py."""

import hashlib
from pathlib import Path

import pytest

from onesoup.csp.text.md4 import md4
from onesoup.phone.login import DIGEST_HASHES, login_digest

SERVER = Path(__file__).parent / "scripted_server.js"


@pytest.fixture(scope="module")
def js(page):
    """Runs lines of JavaScript that end with `return`."""
    page.evaluate(SERVER.read_text(encoding="utf-8"))
    return lambda lines: page.evaluate(f"(async () => {{ {lines} }})()")


# ---- digests


def test_digests_are_those_of_the_terminal_phone(js):
    texts = ["", "a", "abc", "x" * 55, "x" * 56, "x" * 63, "x" * 64, "x" * 65, "y" * 1000]
    told = js(f"""
        const bytes = (text) => new TextEncoder().encode(text);
        return {texts!r}.map((text) => [md5, sha1, md4].map((hash) => hex(hash(bytes(text)))));
    """)
    assert told == [
        [hashlib.md5(text.encode()).hexdigest(), hashlib.sha1(text.encode()).hexdigest(), md4(text.encode()).hex()]
        for text in texts
    ]
    for schema in DIGEST_HASHES:
        for password in ("secret", "pä€😀"):
            assert js(f"return loginDigest({schema!r}, 'n0nce', {password!r})") == login_digest(schema, "n0nce", password)


# ---- log-in


def test_a_phone_starts_as_its_handset_does_and_then_polls(js):
    told = js("""
        const server = new Server(), client = phoneOf(server);
        const phases = [];
        client.addEventListener("state", ({ detail }) => phases.push(detail.phase));
        await client.login("alice", "secret");
        await server.came("Polling-Request");
        const known = [...client.contacts.values()];
        const contacts = known.map(({ userId, nickname, availability }) => [userId, nickname, availability]);
        const { phase, sessionId, keepAlive, pollEvery, services } = client.state;
        await client.logout();
        const state = { phase, sessionId, keepAlive, pollEvery, services };
        const after = client.state.phase;
        return { names: server.names, contacts, phases: [...new Set(phases)], state, after, domain: client.domain };
    """)
    assert told["names"] == [
        "Login-Request",
        "ClientCapability-Request",
        "Service-Request",
        "UpdatePresence-Request",
        "GetList-Request",
        "ListManage-Request",
        "SubscribePresence-Request",
        "Polling-Request",
        "Logout-Request",
    ]
    assert told["contacts"] == [["wv:bob@example.org", "Bob", ""]]
    assert told["phases"] == ["logging-in", "on", "off"]
    services = ["FundamentalFeat", "PresenceFeat", "IMFeat", "GroupFeat"]
    assert told["state"] == {"phase": "on", "sessionId": "s1", "keepAlive": 7200, "pollEvery": 1, "services": services}
    assert (told["after"], told["domain"]) == ("off", "example.org")


def test_both_phases_of_a_four_way_log_in_have_one_transaction_id_and_the_password_stays_here(js):
    told = js("""
        const server = new Server({
            "Login-Request": ({ content }) => content.find("DigestBytes")
                ? ["Login-Response", result(200), ["SessionID", "s1"]]
                : ["Login-Response", result(401), ["Nonce", "n0nce"], ["DigestSchema", "SHA"]],
            "GetPresence-Request": () => ["GetPresence-Response", result(200)],
            "GetBlockedList-Request": () => ["Status", result(501)],
        });
        const client = phoneOf(server, "android", { version: "1.2" });
        await client.login("alice", "secret");
        await client.logout();
        const [first, second] = server.posts;
        return { tids: [first.tid, second.tid], schemas: first.content.all("DigestSchema").map((each) => each.text),
            digest: second.content.textOf("DigestBytes"), password: server.posts.some((each) => each.content.find("Password")) };
    """)
    assert told == {
        "tids": ["1", "1"],
        "schemas": ["MD5", "SHA"],
        "digest": login_digest("SHA", "n0nce", "secret"),
        "password": False,
    }


@pytest.mark.parametrize("answer", ['["Login-Response", result(409, "no")]', '["Status", result(409, "no")]'])
def test_a_refused_log_in_says_the_code_and_the_phone_is_off(js, answer):
    told = js(f"""
        const server = new Server({{ "Login-Request": () => {answer} }}), client = phoneOf(server);
        const why = await failure(client.login("alice", "wrong"));
        return {{ why, names: server.names, phase: client.state.phase }};
    """)
    assert told == {"why": {"name": "CspError", "code": 409, "text": "no"}, "names": ["Login-Request"], "phase": "off"}


def test_a_code_without_words_is_told_by_its_name(js):
    told = js("""
        const server = new Server({ "Login-Request": () => ["Status", ["Result", ["Code", "531"]]] });
        return failure(phoneOf(server).login("nobody", "x"));
    """)
    assert told["text"] == "Unknown user"


def test_a_start_that_fails_leaves_no_session_behind(js):
    told = js("""
        const server = new Server({ "GetList-Request": () => ["Status", result(503)] }), client = phoneOf(server);
        const why = await failure(client.login("alice", "secret"));
        return { code: why.code, last: server.names.at(-1), phase: client.state.phase, sid: client.state.sessionId };
    """)
    assert told == {"code": 503, "last": "Logout-Request", "phase": "off", "sid": None}


def test_whoever_stops_logging_in_waits_for_nothing(js):
    told = js("""
        const never = ({ signal }) => new Promise((_, fail) => signal.addEventListener("abort", fail));
        const server = new Server({ "Login-Request": never });
        const client = phoneOf(server), login = failure(client.login("alice", "secret"));
        await server.came("Login-Request");
        await client.logout();
        return { name: (await login).name, phase: client.state.phase, names: server.names };
    """)
    assert told == {"name": "TransportError", "phase": "off", "names": ["Login-Request"]}


# ---- a server that is away


def test_a_request_without_an_answer_goes_out_again_with_the_same_bytes(js):
    told = js("""
        let away = 2;
        const server = new Server({
            "SendMessage-Request": () => { if (away-- > 0) throw new TypeError("no route"); return ORDER; },
        });
        const ORDER = ["SendMessage-Response", result(200), ["MessageID", "m7"]];
        const client = phoneOf(server);
        await client.login("alice", "secret");
        const connected = [];
        client.addEventListener("state", ({ detail }) => connected.push(detail.connected));
        const id = await client.send("bob", "hello");
        await client.logout();
        const sent = server.posts.filter((each) => each.name === "SendMessage-Request");
        return { id, bodies: new Set(sent.map((each) => each.body)).size, times: sent.length, away: connected.includes(false),
            texts: client.conversations.get("wv:bob@example.org").map((each) => each.text) };
    """)
    assert told == {"id": "m7", "bodies": 1, "times": 3, "away": True, "texts": ["hello"]}


def test_polls_go_on_when_the_server_is_back(js):
    told = js("""
        let away = false;
        const server = new Server({ "Polling-Request": () => { if (away) throw new TypeError("no route"); return null; } });
        const client = phoneOf(server);
        await client.login("alice", "secret");
        away = true;
        while (client.state.connected) await event(client, "state");
        away = false;
        while (!client.state.connected) await event(client, "state");
        const { phase } = client.state;
        await client.logout();
        return phase;
    """)
    assert told == "on"


@pytest.mark.parametrize("answer", ["500", "new Uint8Array([60, 65])", "new Uint8Array([9])"])
def test_an_answer_that_is_none_is_told_as_such(js, answer):
    told = js(f"""
        const server = new Server({{ "SendMessage-Request": () => {answer} }}), client = phoneOf(server);
        await client.login("alice", "secret");
        const why = await failure(client.send("bob", "hello"));
        await client.logout();
        return [why.name, client.conversations.size];
    """)
    assert told == ["TransportError", 0]


# ---- the end of a session


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ('["Status", result(604, "gone")]', 604),
        ('["Status", result(600)]', 600),
        ('{ mode: "Request", id: "s9", tree: ["Disconnect", result(601, "kicked")] }', 601),
    ],
)
def test_when_the_server_ends_the_session_the_phone_says_so_once_and_sends_nothing_more(js, answer, code):
    told = js(f"""
        const server = new Server({{ "Polling-Request": () => ({answer}) }}), client = phoneOf(server);
        let ends = 0;
        client.addEventListener("ended", () => ends++);
        const ended = event(client, "ended");
        await client.login("alice", "secret");
        const detail = await ended, before = server.names.length;
        const why = await failure(client.send("bob", "hello"));
        return {{ code: detail.code, ends, phase: client.state.phase, why: why.name, more: server.names.length - before }};
    """)
    assert told == {"code": code, "ends": 1, "phase": "ended", "why": "TransportError", "more": 0}


def test_a_request_that_finds_the_session_ended_is_refused_with_the_code(js):
    told = js("""
        const server = new Server({ "SendMessage-Request": () => ["Status", result(604)] }), client = phoneOf(server);
        await client.login("alice", "secret");
        const why = await failure(client.send("bob", "hello"));
        return [why.code, client.state.phase];
    """)
    assert told == [604, "ended"]


# ---- polls


def test_a_held_poll_delays_no_message_unless_the_handset_waits_for_it(js):
    told = js("""
        const held = async (handset) => {
            let release;
            const open = new Promise((resolve) => (release = resolve));
            const server = new Server({
                "Polling-Request": () => open.then(() => null),
                "GetPresence-Request": () => ["GetPresence-Response", result(200)],
                "GetBlockedList-Request": () => ["Status", result(501)],
                "Login-Request": () =>
                    ["Login-Response", result(200), ["SessionID", "s1"], ["Nonce", "n"], ["DigestSchema", "MD5"]],
            });
            const client = phoneOf(server, handset, { version: "1.2" });
            await client.login("alice", "secret");
            await server.came("Polling-Request");
            const sent = client.send("bob", "hello");
            if (handset === "android") await new Promise((resolve) => setTimeout(resolve, 50));
            else await sent;
            const during = server.names.includes("SendMessage-Request");
            release();
            await sent;
            await client.logout();
            return [during, server.most];
        };
        return { generic: await held("generic"), android: await held("android") };
    """)
    assert told == {"generic": [True, 2], "android": [False, 1]}


def test_what_waits_is_fetched_and_acknowledged_one_by_one_and_shown_once(js):
    told = js("""
        const news = (id, messageId, text, more) => ({ mode: "Request", id, more, tree: ["NewMessage", ["MessageInfo",
            ["MessageID", messageId], ["Sender", ["User", ["UserID", "wv:bob@example.org"]]], ["DateTime", "20051224T200000Z"]],
            ["ContentData", text]] });
        const waiting = [news("s1", "m1", "one", true), news("s2", "m2", "two", false)];
        let acknowledged = 0;
        const server = new Server({
            "Polling-Request": () => waiting.shift() ?? null,
            MessageDelivered: () => (++acknowledged === 2 ? news("s3", "m1", "one", false) : null),
        });
        const client = phoneOf(server);
        await client.login("alice", "secret");
        await server.came("MessageDelivered", 3);
        await server.came("Polling-Request", 3);
        await client.logout();
        const acks = server.posts.filter((each) => each.name === "MessageDelivered");
        return { acks: acks.map((each) => [each.tid, each.content.textOf("MessageID")]),
            heard: client.conversations.get("wv:bob@example.org").map(({ text, at, mine, from }) => [text, at, mine, from]) };
    """)
    at = 1135454400000
    assert told["acks"] == [["s1", "m1"], ["s2", "m2"], ["s3", "m1"]]
    assert told["heard"] == [["one", at, False, "wv:bob@example.org"], ["two", at, False, "wv:bob@example.org"]]


def test_an_answer_that_says_that_more_waits_brings_a_poll_at_once(js):
    told = js("""
        const server = new Server({
            "ClientCapability-Request": () => ["ClientCapability-Response", ["AgreedCapabilityList", ["ServerPollMin", "3600"]]],
            "SendMessage-Request": () => ({ more: true, tree: ["SendMessage-Response", result(200), ["MessageID", "m1"]] }),
        });
        const client = phoneOf(server);
        await client.login("alice", "secret");
        await server.came("Polling-Request");
        await client.send("bob", "hello");
        await server.came("Polling-Request", 2);
        await client.logout();
        return true;
    """)
    assert told is True


def test_what_this_handset_does_not_answer_stays_without_an_answer(js):
    told = js("""
        const notice = ["GroupChangeNotice", ["GroupID", "wv:/x@y"]];
        const waiting = [["MessageNotification", ["MessageInfo"]], notice, ["Never-Heard"]];
        const server = new Server({ "Polling-Request": () => {
            const tree = waiting.shift();
            return tree ? { mode: "Request", id: `s${waiting.length}`, more: waiting.length > 0, tree } : null;
        } });
        const client = phoneOf(server);
        await client.login("alice", "secret");
        await server.came("Status", 2);
        await client.logout();
        return server.posts.filter((each) => each.name === "Status").map((each) => each.tid);
    """)
    assert told == ["s1", "s0"]


def test_a_phone_says_that_it_is_there_before_its_time_is_over(js):
    told = js("""
        const hasty = ["Login-Response", result(200), ["SessionID", "s1"], ["KeepAliveTime", "1"]];
        const server = new Server({ "Login-Request": () => hasty });
        const client = phoneOf(server);
        await client.login("alice", "secret");
        await server.came("KeepAlive-Request");
        await client.logout();
        return true;
    """)
    assert told is True


def test_what_a_server_says_without_end_fills_no_memory(js):
    told = js("""
        let count = 0;
        const sender = () => ["Sender", ["User", ["UserID", `wv:u${count % 150}@x`]]];
        const tree = () => ["NewMessage", ["MessageInfo", ["MessageID", `m${count}`], sender()], ["ContentData", "x"]];
        const next = () => (count++ < 1200 ? { mode: "Request", id: `s${count}`, more: true, tree: tree() } : null);
        const server = new Server({ "Polling-Request": next });
        const client = phoneOf(server);
        await client.login("alice", "secret");
        await server.came("MessageDelivered", 1200);
        await client.logout();
        return [client.conversations.size, client.seen.size <= 500, client.state.transactions.length <= 30];
    """)
    assert told == [100, True, True]


# ---- what comes


def test_only_a_picture_is_shown_as_one(js):
    told = js("""
        const { messageOf } = await import("/demo/files/engine/answers.js");
        const { of } = codec.Element;
        const message = ([type, data]) =>
            of("NewMessage", of("MessageInfo", of("ContentType", type)), of("ContentData", data));
        const shown = ({ text, picture }) => [text, picture && [picture.type, picture.size]];
        const contents = [
            ["image/png", "iVBORw=="], ["image/svg+xml", "PHN2Zz4="], ["text/html", "<b>x</b>"], ["image/png", "%%%"],
            ["", "plain"],
        ];
        return contents.map((each) => shown(messageOf(message(each))));
    """)
    assert told == [
        ["", ["image/png", 4]],
        ["[image/svg+xml]", None],
        ["<b>x</b>", None],
        ["[image/png]", None],
        ["plain", None],
    ]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("20051224T200000Z", 1135454400000),
        ("20051224T2000Z", 1135454400000),
        ("2005-12-24T20:00:00.5Z", 1135454400000),
        ("yesterday", None),
        ("", None),
    ],
)
def test_times_are_read_as_phones_read_them(js, text, at):
    assert js(f'return (await import("/demo/files/engine/answers.js")).timeOf({text!r})') == at


def test_addresses_without_a_domain_are_those_of_our_own(js):
    told = js("""
        const { userKey, ownGroup, localPart, isGroup } = await import("/demo/files/engine/addresses.js");
        return [userKey("Bob", "example.org"), userKey("WV:bob@b.example", "example.org"), userKey("wv:/lobby@example.org", ""),
            ownGroup("My Friends!", "wv:alice@example.org"), ownGroup("é", "wv:alice"), localPart("wv:/lobby@example.org"),
            localPart("wv:bob@x"), isGroup("wv:bob@x/y"), isGroup("wv:alice/club@x")];
    """)
    assert told == [
        "wv:bob@example.org",
        "wv:bob@b.example",
        "wv:/lobby@example.org",
        "wv:alice/my-friends@example.org",
        "wv:alice/group",
        "lobby",
        "bob",
        False,
        True,
    ]
