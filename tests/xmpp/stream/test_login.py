"""A stream logs in to a real Prosody, or says exactly why not."""

import hashlib
import socket as plain_socket
import time

import gevent
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from gevent import socket
from xmpp.protocol import Iq

from onesoup.runtime.ports import free_port
from onesoup.xmpp.stream import Options, Resolver, StreamFailure, Tls
from onesoup.xmpp.stream.resolve import Srv
from tests.xmpp.stream.stub import self_signed


class OneRecord:
    """A DNS with a single SRV record for everything."""

    def __init__(self, service, port, host="127.0.0.1"):
        self._service, self._record = service, Srv(0, 0, port, host)

    def srv(self, name):
        return ([self._record] if name.startswith(self._service) else []), 60


def refused(client, within=8.0):
    with pytest.raises(StreamFailure) as caught:
        client.stream.connect(within)
    assert not client.stream.open
    return caught.value.kind, caught.value.condition, caught.value.retry


def test_starttls_with_scram(client):
    alice = client("alice", resource="phone").connect()
    assert alice.stream.jid == "alice@localhost/phone"
    assert alice.stream.sm_id
    assert "urn:xmpp:csi:0" in alice.stream.features
    assert alice.stream.state()["jid"] == "alice@localhost/phone"


def test_direct_tls_from_srv(client, prosody):
    options = Options(tls=Tls(prosody.ca_file), resolver=Resolver(lookup=OneRecord("_xmpps-client", prosody.tls_port)))
    assert client("alice", options=options).connect().stream.jid.startswith("alice@localhost/")


class Records:
    """A DNS with several SRV records for STARTTLS."""

    def __init__(self, *ports):
        self._records = [Srv(priority, 0, port, "127.0.0.1") for priority, port in enumerate(ports)]

    def srv(self, name):
        return (self._records if name.startswith("_xmpp-client") else []), 60


def test_behind_a_dead_and_a_silent_target_comes_the_next(client, prosody):
    """One refuses; one takes the connection and never says a word, as when its host hangs. There is time for the third."""
    with plain_socket.create_server(("127.0.0.1", 0)) as silent:
        records = Records(free_port(), silent.getsockname()[1], prosody.port)
        options = Options(tls=Tls(prosody.ca_file), resolver=Resolver(lookup=records))
        assert client("alice", options=options).connect(within=30).stream.open


def test_an_address_that_is_not_allowed_gets_no_connection(client, prosody):
    asked = []
    options = Options(
        tls=Tls(prosody.ca_file),
        resolver=Resolver(lookup=OneRecord("_xmpp-client", prosody.port, "localhost")),
        address_allowed=lambda *where: asked.append(where),
    )
    assert refused(client("alice", options=options)) == ("refused", "not-permitted", False)
    assert ("localhost", "127.0.0.1", prosody.port) in asked


def test_a_host_with_scram_only(client):
    assert client("alice", domain="scram.localhost").connect().stream.open


def test_anonymous(client):
    one = client("", domain="anon.localhost").connect()
    assert one.stream.jid.endswith("/" + one.stream.jid.partition("/")[2])
    assert one.stream.state() is None


@pytest.mark.parametrize(("user", "password"), [("alice", "wrong"), ("nobody", "secret"), ("alice", "")])
def test_wrong_password_and_unknown_user_look_alike(client, user, password):
    assert refused(client(user, password=password)) == ("auth", "not-authorized", False)


def test_unknown_host(client):
    """The certificate speaks first: the server has none for the name."""
    assert refused(client("alice", domain="other.example"))[0] in ("tls", "stream")


def test_a_certificate_for_another_name_is_refused(client, stub, tmp_path):
    authority, context = self_signed(tmp_path, "elsewhere.example")
    server = stub(lambda peer: peer.start_tls(context))
    failed = client("a", domain="stub.example", options=server.options(ca=authority, insecure=False))
    assert refused(failed) == ("tls", "certificate", True)


def test_an_expired_certificate_is_refused(client, stub, tmp_path):
    authority, context = self_signed(tmp_path, "stub.example", days=-1)
    server = stub(lambda peer: peer.start_tls(context))
    failed = client("a", domain="stub.example", options=server.options(ca=authority, insecure=False))
    assert refused(failed) == ("tls", "certificate", True)


def test_a_certificate_of_nobody_is_refused(client, stub, tmp_path):
    _, context = self_signed(tmp_path, "stub.example")
    server = stub(lambda peer: peer.start_tls(context))
    assert refused(client("a", domain="stub.example", options=server.options(insecure=False)))[:2] == ("tls", "certificate")


def test_an_insecure_domain_takes_any_certificate(client, stub, tmp_path):
    _, context = self_signed(tmp_path, "elsewhere.example")

    def talk(peer):
        peer.start_tls(context)
        peer.log_in()
        peer.until("never")

    assert client("a", domain="stub.example", options=stub(talk).options()).connect().stream.open


def test_starttls_stripped_is_refused_and_no_password_goes_out(client, stub):
    seen = []

    def talk(peer):
        peer.offer("PLAIN", "SCRAM-SHA-1")
        seen.append(peer.sock.recv(1000))

    server = stub(talk)
    failed = client("a", domain="stub.example", options=server.options(insecure=False))
    assert refused(failed) == ("tls", "not-offered", True)
    failed.wait_for(lambda: seen)
    assert seen == [b""]


def test_clear_text_after_proceed_is_refused(client, stub, tmp_path):
    """What was injected before the handshake must not count as said inside it."""

    def talk(peer):
        peer.open("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        peer.until("xmpp-tls'/>")
        peer.send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><message/>")

    options = stub(talk).options(insecure=False)
    assert refused(client("a", domain="stub.example", options=options))[:2] == ("tls", "handshake")


@pytest.mark.parametrize(
    ("mechanisms", "condition"),
    [([], "none-offered"), (["DIGEST-MD5", "X-OTHER"], "none-common"), (["ANONYMOUS"], "none-common")],
)
def test_no_mechanism_in_common(client, stub, mechanisms, condition):
    server = stub(lambda peer: (peer.offer(*mechanisms), peer.until("never")))
    assert refused(client("a", domain="stub.example", options=server.options())) == ("no-mechanism", condition, False)


@pytest.mark.parametrize("secure", [False, True], ids=["clear", "unverified"])
def test_a_password_is_never_sent_where_the_server_did_not_prove_itself(client, stub, tmp_path, secure):
    """Not even to a domain that the operator listed as insecure."""
    seen = []
    _, context = self_signed(tmp_path, "elsewhere.example")

    def talk(peer):
        if secure:
            peer.start_tls(context)
        peer.offer("PLAIN")
        seen.append(peer.sock.recv(1000))

    failed = client("a", domain="stub.example", options=stub(talk).options())
    assert refused(failed) == ("no-mechanism", "none-common", False)
    failed.wait_for(lambda: seen)
    assert seen == [b""]


class Memory:
    def __init__(self, best=""):
        self.name, self.learnt = best, []

    def best(self, domain):
        assert domain == "stub.example"
        return self.name

    def worked(self, domain, name):
        self.learnt.append((domain, name))


def test_a_server_that_had_scram_and_now_asks_for_the_password_is_refused(client, stub, tmp_path):
    """Somebody who holds a certificate for the domain could ask for it."""
    authority, context = self_signed(tmp_path, "stub.example")
    seen = []

    def talk(peer):
        peer.start_tls(context)
        peer.offer("PLAIN")
        seen.append(peer.sock.recv(1000))

    options = stub(talk).options(ca=authority, insecure=False, known=(known := Memory("SCRAM-SHA-1")))
    failed = client("a", domain="stub.example", options=options)
    assert refused(failed) == ("no-mechanism", "downgraded", False)
    failed.wait_for(lambda: seen)
    assert (seen, known.learnt) == ([b""], [])


def test_what_worked_is_remembered_only_when_it_worked(client, stub):
    def talk(peer):
        peer.offer("SCRAM-SHA-1")
        peer.scram(success=False)
        peer.send("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>")

    known = Memory("SCRAM-SHA-256")
    refused(client("a", domain="stub.example", options=stub(talk).options(known=known)))
    assert known.learnt == []
    server = stub(lambda peer: (peer.log_in(), peer.until("never")))
    assert client("a", domain="stub.example", options=server.options(known=known)).connect().stream.open
    assert known.learnt == [("stub.example", "SCRAM-SHA-1")]


def test_over_tls_1_3_the_certificate_binds_where_the_server_takes_that(client, stub, tmp_path):
    """XEP-0440; and what is bound is the certificate that was seen."""
    authority, context = self_signed(tmp_path, "stub.example")
    said = []

    def talk(peer):
        peer.start_tls(context)
        peer.offer("SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", bindings=("tls-exporter", "tls-server-end-point"))
        said.append(peer.scram())

    one = client("a", domain="stub.example", options=stub(talk).options(ca=authority, insecure=False))
    refused(one)  # the server goes away behind it
    certificate = x509.load_pem_x509_certificate(authority.read_bytes()).public_bytes(Encoding.DER)
    (gs2, bound), *_ = said
    assert gs2 == "p=tls-server-end-point,,"
    assert bound.encode("latin-1") == gs2.encode() + hashlib.sha256(certificate).digest()


def test_a_server_does_not_know_our_alpn_on_starttls(client, stub, tmp_path):
    """It is said on a direct TLS port, which may be a web server's too, and nowhere else."""
    authority, context = self_signed(tmp_path, "stub.example")
    context.set_alpn_protocols(["xmpp-client"])
    spoken = []

    def talk(peer):
        if peer.sock.recv(1, socket.MSG_PEEK) == b"\x16":
            peer.sock = context.wrap_socket(peer.sock, server_side=True)
        else:
            peer.start_tls(context)
        spoken.append(peer.sock.selected_alpn_protocol())

    server = stub(talk)
    for host in ("127.0.0.1", "tls://127.0.0.1"):
        options = Options(tls=Tls(authority), resolver=Resolver({"stub.example": (host, server.port)}))
        refused(client("a", domain="stub.example", options=options))
    assert spoken == [None, "xmpp-client"]


def test_a_server_that_does_not_know_the_password_is_refused(client, stub):
    """It says success to anything; SCRAM asks for its proof."""

    def talk(peer):
        peer.offer("SCRAM-SHA-1")
        peer.until("</auth>")
        peer.send("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
        peer.until("never")

    options = stub(talk).options()
    assert refused(client("a", domain="stub.example", options=options)) == ("auth", "server-not-proved", False)


@pytest.mark.parametrize(
    ("condition", "retry"), [("temporary-auth-failure", True), ("account-disabled", False), ("credentials-expired", False)]
)
def test_sasl_conditions_are_kept(client, stub, condition, retry):
    def talk(peer):
        peer.offer("SCRAM-SHA-1")
        peer.until("</auth>")
        peer.send(f"<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><{condition}/><text>why</text></failure>")
        peer.until("never")

    failed = client("a", domain="stub.example", options=stub(talk).options())
    assert refused(failed) == ("auth", condition, retry)


def test_stream_errors_are_kept(client, stub):
    def talk(peer):
        peer.open("")
        peer.until("never")

    def host_unknown(peer):
        peer.until("streams'>")
        peer.send("<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>")
        peer.send("<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>")

    options = stub(host_unknown).options()
    assert refused(client("a", domain="stub.example", options=options)) == ("stream", "host-unknown", False)


def test_see_other_host_is_followed_with_the_name_of_the_first(client, stub, prosody):
    def elsewhere(peer):
        peer.until("streams'>")
        peer.send("<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>")
        peer.send("<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>")
        peer.send(f"127.0.0.1:{prosody.port}</see-other-host></stream:error></stream:stream>")

    first = stub(elsewhere)
    options = Options(tls=Tls(prosody.ca_file), resolver=Resolver({"localhost": ("127.0.0.1", first.port)}))
    assert client("alice", options=options).connect().stream.open


def test_a_redirection_goes_nowhere_that_is_not_allowed(client, stub):
    """A static route is trusted, not what the server there says."""

    def elsewhere(peer):
        peer.until("streams'>")
        peer.send("<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>")
        peer.send("<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>")
        peer.send("127.0.0.1:1</see-other-host></stream:error></stream:stream>")

    options = stub(elsewhere).options(address_allowed=lambda _, address, __: not address.startswith("127."))
    assert refused(client("a", domain="stub.example", options=options)) == ("refused", "not-permitted", False)


BIND = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'"
BOUND = f"<iq type='result' id='bind'>{BIND}><jid>a@stub.example/r</jid></bind></iq>"
SM = "urn:xmpp:sm:3"
TOO_EARLY = f"<failed xmlns='{SM}'><unexpected-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>"


@pytest.mark.parametrize("order", ["before", "behind"])
def test_a_server_that_is_asked_for_stream_management_too_early_is_asked_again(client, stub, order):
    def talk(peer):
        peer.offer("SCRAM-SHA-1")
        peer.scram()
        peer.open(f"{BIND}/><sm xmlns='{SM}'/>")
        peer.until("<enable")
        peer.send(TOO_EARLY + BOUND if order == "before" else BOUND + TOO_EARLY)
        peer.until("<enable")
        peer.send(f"<enabled xmlns='{SM}' id='one' resume='true'/>")
        peer.until("never")

    one = client("a", domain="stub.example", options=stub(talk).options()).connect()
    assert one.stream.sm_id == "one"


def test_a_server_that_will_not_manage_the_stream_is_not_asked_twice(client, stub):
    def talk(peer):
        peer.offer("SCRAM-SHA-1")
        peer.scram()
        peer.open(f"{BIND}/><sm xmlns='{SM}'/>")
        peer.until("<enable")
        peer.send(f"{BOUND}<failed xmlns='{SM}'><internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>")
        peer.until("never")

    one = client("a", domain="stub.example", options=stub(talk).options()).connect()
    assert not one.stream.managed


def test_bind_conflict_is_tried_once_more(client, stub):
    def talk(peer):
        peer.offer("SCRAM-SHA-1")
        peer.scram()
        peer.open("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>")
        peer.until("<resource>phone</resource></bind></iq>")
        peer.send("<iq type='error' id='bind'><error type='cancel'>")
        peer.send("<conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>")
        peer.until("<resource>phone-2</resource></bind></iq>")
        peer.send("<iq type='result' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>a@b/phone-2</jid></bind></iq>")
        peer.until("never")

    one = client("a", domain="stub.example", resource="phone", options=stub(talk).options()).connect()
    assert one.stream.jid == "a@b/phone-2"


def test_a_closed_port(client):
    options = Options(resolver=Resolver({"localhost": ("127.0.0.1", free_port())}))
    assert refused(client("alice", options=options)) == ("refused", "refused", True)


def test_a_domain_that_does_not_exist(client):
    options = Options(resolver=Resolver(lookup=OneRecord("nothing", 0)))
    assert refused(client("alice", domain="no-such.invalid", options=options))[:2] in (
        ("dns", "no-such-domain"),
        ("dns", "lookup-failed"),  # where not even the root can be asked
    )


@pytest.mark.parametrize("words", [b"", b"<?xml version='1.0'?><stream:stream"])
def test_a_silent_server_costs_no_more_than_the_time_allowed(client, stub, words):
    server = stub(lambda peer: (peer.send(words), gevent.sleep(20)))
    started = time.monotonic()
    assert refused(client("a", domain="stub.example", options=server.options()), within=0.5) == ("timeout", "log-in", True)
    assert time.monotonic() - started < 15.0  # the server would keep it waiting for 20


def test_a_server_that_hangs_up(client, stub):
    assert refused(client("a", domain="stub.example", options=stub(lambda peer: peer.sock.close()).options()))[0] == "closed"


def test_a_web_server(client, stub):
    server = stub(lambda peer: peer.send("HTTP/1.1 400 Bad Request\r\n\r\n"))
    assert refused(client("a", domain="stub.example", options=server.options()))[0] in ("protocol", "closed")


def test_no_descriptor_is_left_behind_by_failures(client, stub):
    import os

    def count():
        return len(os.listdir("/proc/self/fd"))

    server = stub(lambda peer: peer.offer("DIGEST-MD5"))
    one = client("a", domain="stub.example", options=server.options())
    refused(one)
    before = count()
    for _ in range(20):
        refused(one)
    one.wait_for(lambda: count() <= before + 2)


def test_the_password_is_gone_after_the_login_and_in_no_output(client, capsys, caplog):
    alice = client("alice").connect()
    alice.stream.request(Iq("get", queryNS="jabber:iq:roster"), 60)
    assert alice.stream._account is None
    out = capsys.readouterr()
    assert "secret" not in out.out + out.err + caplog.text


def test_the_socket_options(client):
    sock = client("alice").connect().stream._wire._link._sock
    for level, name, least in (
        (plain_socket.IPPROTO_TCP, plain_socket.TCP_NODELAY, 1),
        (plain_socket.SOL_SOCKET, plain_socket.SO_KEEPALIVE, 1),
        (plain_socket.IPPROTO_TCP, plain_socket.TCP_USER_TIMEOUT, 60_000),
    ):
        assert sock.getsockopt(level, name) >= least


def test_the_second_client_of_a_resource_ends_the_first_with_conflict(client):
    first = client("alice", resource="same").connect()
    client("alice", resource="same").connect()
    failure = first.end()
    assert (failure.kind, failure.condition, failure.retry) == ("stream", "conflict", False)
