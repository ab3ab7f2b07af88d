"""A phone at a server with SASL2: it talks, its holder is killed and its stream resumed, and what came while it was away waits.

Once with a server that keeps messages for who is offline, where the resource is bound as in RFC 6120; once with one that keeps
none, where all goes along with the log-in.
"""

from collections.abc import Callable, Iterator

import pytest

from onesoup.demo.servers import find_newer_prosody
from onesoup.demo.stack import Stack
from tests.support.peer import Peers
from tests.support.secrets import secret_text
from tests.support.world import World

MODULES = ["sasl2", "sasl2_bind2", "sasl2_sm", "sasl2_fast"]


@pytest.fixture(scope="module", params=[True, False], ids=["keeps", "keeps-nothing"])
def stack(
    request: pytest.FixtureRequest, made_stack: Callable[..., Stack], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    program = find_newer_prosody()
    if program is None:
        pytest.skip("no Prosody with SASL2 here")
    gone = "" if request.param else 'modules_disabled = { "s2s"; "s2s_auth_certs"; "offline" }'
    env = {"ONESOUP_LEASE_TTL": "2", "ONESOUP_LEASE_RENEW": "0.5"}
    prosody = {"program": program, "modules": MODULES, "options": gone}
    with made_stack(tmp_path_factory.mktemp("sasl2"), env=env, prosody_more=prosody) as running:
        running.keeps = request.param
        yield running


def test_a_phone_at_a_server_with_sasl2(stack: Stack, peers: Peers) -> None:
    world = World(stack, peers)
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    # The holder asks what the server keeps before it binds along with a log-in. What is said after that is answered after that.
    first = world.phone(alice, client_id="first").start()
    first.send(bob.wv, asked := secret_text("asked "))
    there.message(sender=alice.jid, body=asked)
    there.send(alice.jid, told := secret_text("told "))
    first.hears(told)
    first.logout()
    there.wait("presence", sender=alice.jid, type="unavailable")
    if stack.keeps:
        there.send(alice.jid, away := secret_text("while away "))
    phone = world.phone(alice, client_id="handset", cir=["STCP"]).start()
    if stack.keeps:
        phone.hears(away)
    shown = there.wait("presence", sender=alice.jid, type="available", resource=lambda name: name.startswith("handset"))
    assert (shown.fields["resource"] == "handset") == stack.keeps, "Bind 2 adds to it"

    phone.send(bob.wv, out := secret_text("out "))
    there.message(sender=alice.jid, body=out)
    there.send(alice.jid, back := secret_text("back "))
    phone.hears(back)

    stack.kill("holder")
    there.send(alice.jid, meanwhile := secret_text("meanwhile "))
    phone.send(bob.wv, last := secret_text("last "))
    stack.start("holder")
    phone.hears(meanwhile, within=60)
    there.message(within=60, body=last)
    there.send(alice.jid, after := secret_text("after "))
    phone.hears(after, within=60)
    assert phone.said()[-3:] == [back, meanwhile, after]
    assert not there.all("presence", sender=alice.jid, type="unavailable", resource=shown.fields["resource"])
    # Prosody names a token so when it was used. It was given to the holder that was killed.
    assert "-cur" in (stack.prosody.data / "localhost" / "fast_tokens" / f"{alice.user}.dat").read_text()
    phone.logout()
    there.wait("presence", sender=alice.jid, type="unavailable", resource=shown.fields["resource"])
    world.close()
