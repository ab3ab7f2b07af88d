"""One user as an operator sees them: what waits, since when, and where."""

import time

from onesoup.csp.messages import Text
from onesoup.observability.process_beat import ProcessBeat
from onesoup.operators.account import look_at_account
from onesoup.runtime.ids import made_at, ordered_id
from onesoup.store import records
from onesoup.store.account.offline_inbox import OfflineInbox
from onesoup.store.session.holder_side import HolderSessionStore
from onesoup.store.session.stream_changes import Delivery, StreamChanges

ALICE = "alice@example.org"


def test_what_waits_for_a_user_is_counted_with_the_oldest(client, operator, opened):
    name = opened(ALICE, "00one")
    first = ordered_id(time.time())
    items = [Delivery(id_, ALICE, records.pack_text(Text(id_, ALICE, "x", 1)), b"") for id_ in (ordered_id(time.time()), first)]
    HolderSessionStore(client).store("00one", 1, StreamChanges(items=items))
    OfflineInbox(client).keep(ALICE, {"m1": b"x"})
    account = look_at_account(operator, "wv:alice", made_at(first) + 75)
    assert (account.user, account.undelivered) == (ALICE, 1)
    (session,) = account.sessions
    assert (session.row.id, session.row.inbox, session.oldest) == (name, 2, 75)


def test_nothing_waits_for_who_is_not_there(operator):
    account = look_at_account(operator, "bob", 0)
    assert (account.user, account.sessions, account.undelivered) == ("bob@example.org", (), 0)


def test_the_holder_is_shown_with_its_host(client, operator, opened):
    opened(ALICE, "00one")
    client.set("lease:{00}", "feedfacecafe")
    assert look_at_account(operator, ALICE, 0).sessions[0].process == ""
    beat = ProcessBeat(client, "holder", ("127.0.0.1", 9472), holder="feedfacecafe")
    beat.beat()
    (session,) = look_at_account(operator, ALICE, 0).sessions
    assert session.row.holder == "feedface"
    assert session.process.startswith("holder ")
