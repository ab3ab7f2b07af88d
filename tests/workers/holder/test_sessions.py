"""The table of a holder's sessions: how many each shard has, whatever has come and gone."""

from collections import Counter
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from workers.holder.sessions import SessionTable

SIDS = st.sampled_from(["a1", "a2", "b1", "b2"])


@given(st.lists(st.tuples(st.sampled_from(["add", "move", "remove"]), SIDS, SIDS), max_size=30))
def test_the_numbers_of_the_shards_are_those_of_the_sessions(steps):
    table, known = SessionTable(), []
    for step, sid, other in steps:
        if step == "add":
            known.append(SimpleNamespace(sid=sid, shard=ord(sid[0])))
            table.add(known[-1])
        elif step == "move" and sid in table:
            session = table[sid]
            session.sid = other
            table.move(sid, session)
        elif step == "remove" and known:
            table.remove(known[len(other + sid) % len(known)])
        assert +table.count_by_shard() == Counter(each.shard for each in table.all())
