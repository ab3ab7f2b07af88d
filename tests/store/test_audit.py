"""What operators did: bounded, newest first, and readable by the version before."""

from onesoup.store import operator_bounds
from onesoup.store.audit import AUDIT_KEY, AuditEntry, AuditLog
from onesoup.store.redis import msgpack


def test_the_last_actions_are_kept_newest_first(client):
    log = AuditLog(client)
    for number in range(operator_bounds.MOST_AUDITED + 3):
        log.note(AuditEntry(number, "carol@host", "kick", f"user{number}@example.org"))
    assert [each.at for each in log.last(2)] == [operator_bounds.MOST_AUDITED + 2, operator_bounds.MOST_AUDITED + 1]
    assert len(log.last(5000)) == operator_bounds.MOST_AUDITED
    assert client.ttl(AUDIT_KEY) > 0


def test_a_long_field_is_cut(client):
    AuditLog(client).note(AuditEntry(1, "x" * 10_000, "kick", more="y" * 10_000))
    (entry,) = AuditLog(client).last(1)
    assert len(entry.by) == len(entry.more) == operator_bounds.AUDIT_FIELD_LETTERS


def test_an_entry_of_a_later_version_is_left_out(client):
    AuditLog(client).note(AuditEntry(1, "carol@host", "kick"))
    client.lpush(AUDIT_KEY, msgpack.pack(9, {"at": 1}))
    assert [each.what for each in AuditLog(client).last(10)] == ["kick"]


def test_actions_come_page_by_page(client):
    log = AuditLog(client)
    for number in range(5):
        log.note(AuditEntry(number, "carol@host", "kick"))
    assert [[each.at for each in log.page(start, 2)] for start in (0, 2, 4, 6)] == [[4, 3], [2, 1], [0], []]
