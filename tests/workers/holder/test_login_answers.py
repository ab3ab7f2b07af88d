"""What a log-in leaves in Redis, and what its holder tells the worker besides the code: what it has found there."""

import pytest

from onesoup.store import keys, records
from onesoup.store.blocks import OPERATOR_BLOCKS_KEY
from tests.workers.holder.conftest import DOMAIN, Server, server_with
from workers.holder.session import stream_setup


def answer(lab, holder, user, **more):
    _, job = lab.login_job(user)
    shard = keys.shard_of(f"{user}@{DOMAIN}", "phone")
    return records.unpack_answer(holder.opener.open_session(shard, job | more))


def test_a_log_in_is_told_how_many_sessions_the_account_has_and_which_blocks_hold(lab, server):
    holder = lab.holder(server.stub)
    lab.client.hset(f"clients:{{alice@{DOMAIN}}}", "other", "00other")
    lab.client.hset(OPERATOR_BLOCKS_KEY, "user:alice", b"packed")
    told = answer(lab, holder, "alice", watch=["handset:s60", "user:alice"])
    assert (told["code"], told["sessions"], told["blocks"]) == (200, 2, [None, b"packed"])


def test_so_is_one_that_goes_on_with_the_stream_of_the_last(lab, server):
    holder = lab.holder(server.stub)
    answer(lab, holder, "alice")
    shard = keys.shard_of(f"alice@{DOMAIN}", "phone")
    told = answer(lab, holder, "alice", sid=f"{shard:02x}again", watch=["user:alice"])
    assert (told["code"], told["sessions"], told["blocks"]) == (200, 1, [None])
    assert len(holder.sessions) == 1


def test_a_worker_of_a_version_before_asks_for_no_blocks(lab, server):
    told = answer(lab, lab.holder(server.stub), "alice")
    assert (told["code"], told["blocks"]) == (200, None)


class EarlyServer(Server):
    """Sends its roster, and before that a message that somebody has sent, or none."""

    early = ""

    def _element(self, peer, name, text):
        if "jabber:iq:roster" not in text:
            super()._element(peer, name, text)
            return
        id = text.partition('id="')[2].partition('"')[0]
        items = "".join(f"<item jid='c{number}@x' subscription='both'/>" for number in range(3))
        peer.send(f"{self.early}<iq type='result' id='{id}'><query xmlns='jabber:iq:roster'>{items}</query></iq>")


class TalkativeServer(EarlyServer):
    early = "<message type='chat' from='bob@x/r' id='m1'><body>before the record</body></message>"


@pytest.mark.parametrize("kind", [EarlyServer, TalkativeServer])
def test_what_came_before_the_session_had_its_record_is_in_it(lab, kind):
    with server_with(lab.password, kind) as server:
        holder = lab.holder(server.stub)
        sid = lab.log_in(holder)
        assert sorted(lab.feed.contacts.roster_jids(sid)) == ["c0@x", "c1@x", "c2@x"]
        assert lab.inbox(sid) == (["before the record"] if kind.early else [])
        state, handled = lab.client.hmget(keys.session(sid), "sm", "h")
        assert state is not None
        assert int(handled) >= (2 if kind.early else 1), "the roster, and the message"


def test_a_roster_of_any_length_is_stored(lab, monkeypatch):
    monkeypatch.setattr(stream_setup, "ROSTER_ITEMS_PER_SCRIPT", 2)
    with server_with(lab.password, EarlyServer) as server:
        sid = lab.log_in(lab.holder(server.stub))
        assert sorted(lab.feed.contacts.roster_jids(sid)) == ["c0@x", "c1@x", "c2@x"]
