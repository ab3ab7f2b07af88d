"""A phone whose connection broke sends the same octets again: it gets the same answer, and nothing happens twice."""

from onesoup.csp.codec.generated_elements import MessageInfo, Recipient, SendMessageRequest, User
from tests.support.secrets import secret_text
from tests.support.world import World


def test_a_repeated_message_is_answered_alike_and_sent_once(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    phone, there = world.phone(alice).start(), world.online(bob)
    phone.send(bob.wv, text := secret_text())
    octets, reply = phone.last, phone.last_reply
    for _ in range(3):
        again = phone.resend(octets)
        assert (again.status, again.body) == (200, reply)
    phone.send(bob.wv, last := secret_text("last "))
    there.message(body=last)
    assert there.bodies() == [text, last]


def test_a_retry_after_the_kill_of_the_worker_is_the_same_message(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    phone, there = world.phone(alice).start(), world.online(bob)
    phone.send(bob.wv, text := secret_text())
    octets, reply = phone.last, phone.last_reply
    world.kill_workers()
    assert phone.resend(octets).body == reply
    phone.send(bob.wv, last := secret_text("last "))
    there.message(body=last)
    assert there.bodies() == [text, last]


def test_the_same_transaction_id_with_another_body_is_another_request(world: World) -> None:
    """Android counts to 999 and starts again."""
    alice, bob = world.cast("alice", "bob")
    phone, there = world.phone(alice).start(), world.online(bob)
    texts = [secret_text(), secret_text()]
    for text in texts:
        info = MessageInfo(recipient=Recipient(user=[User(user_id=bob.wv)]))
        status, _ = phone.post(phone.message(SendMessageRequest(message_info=info, content_data=text), tid="7"))
        assert status == 200
    there.message(body=texts[-1])
    assert there.bodies() == texts


def test_a_repeated_log_in_makes_one_session(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phone = world.phone(alice)
    phone.login()
    octets, reply = phone.last, phone.last_reply
    assert phone.resend(octets).body == reply
    world.kill_workers()
    assert phone.resend(octets).body == reply
    phone.publish()
    there.wait("presence", sender=alice.jid, type="available")
    assert len({each.resource for each in there.all("presence", sender=alice.jid, type="available")}) == 1


def test_two_phases_of_one_log_in_share_an_id_and_are_two_requests(world: World) -> None:
    """Both carry the same TransactionID; the second must not get the answer of the first."""
    (alice,) = world.cast("alice")
    for way in ("MD5", "SHA", "MD5,SHA"):
        phone = world.phone(alice, way=way, client_id=f"phone-{way}")
        phone.login()
        assert phone.session_id


def test_a_log_in_that_was_not_repeated_is_a_new_one(world: World) -> None:
    """The same request after the session has ended is a person who logs in again."""
    (alice,) = world.cast("alice")
    phone = world.phone(alice)
    first = phone.login().session_id
    octets = phone.last
    phone.logout()
    assert (first or "").encode() not in phone.resend(octets).body
