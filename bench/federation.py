"""Part federation: from a phone of one operator to the wake-up of a phone of another, over two XMPP servers that federate; beside
it the same way between two XMPP clients, message by message in turns. What is left is what the gateways add."""

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import gevent

from bench.parts import LOGIN_REST_SECONDS, Scale, say
from bench.peer import Peer
from bench.report import Figure, Spread, percentile
from onesoup.demo import accounts
from onesoup.demo.stack import Stack
from onesoup.demo.two_operators import TwoOperators
from onesoup.phone.engine import Phone
from onesoup.phone.stcp import PhoneStcpLine

# What the gateways may add in the middle, ms.
ADDED_GOAL_MS = 10.0
WARM_UP_MESSAGES = 3
PAUSE_SECONDS = 0.03
WAKE_SECONDS = 30.0


def run(scale: Scale) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        operators = TwoOperators(Path(directory))
        try:
            operators.up()
            phones, clients = _measure(operators, scale.messages)
        finally:
            operators.down()
    say(f"federation: phone to phone {percentile(phones, 0.5):.1f} ms, client to client {percentile(clients, 0.5):.1f} ms")
    note = f"{len(phones)} messages, in turns with those between clients; min-max and n are those of the messages"
    added = [phone - client for phone, client in zip(phones, clients, strict=True)]
    return [
        Figure("federation", "phone to the wake-up of a phone: p50", "ms", Spread.of(phones), note=note),
        Figure("federation", "phone to the wake-up of a phone: p99", "ms", Spread.once(percentile(phones, 0.99))),
        Figure("federation", "XMPP client to XMPP client: p50", "ms", Spread.of(clients)),
        Figure("federation", "XMPP client to XMPP client: p99", "ms", Spread.once(percentile(clients, 0.99))),
        Figure("federation", "what the gateways add: p50", "ms", Spread.of(added), goal=ADDED_GOAL_MS),
    ]


def _measure(operators: TwoOperators, count: int) -> tuple[list[float], list[float]]:
    """Ms of each message, between phones and between clients."""
    with ExitStack() as stack:
        sender = _phone(stack, operators.north, "alice")
        receiver = _phone(stack, operators.south, "bob", cir=("STCP",))
        line = stack.enter_context(PhoneStcpLine(*operators.south.stcp, receiver.session_id or "", receiver.cookie))
        writer, reader = (_client(stack, each, user) for each, user in ((operators.north, "carol"), (operators.south, "dave")))
        gevent.sleep(LOGIN_REST_SECONDS)
        phones, clients = [], []
        for number in range(count + WARM_UP_MESSAGES):
            phones.append(_wake(sender, receiver, line, number))
            gevent.sleep(PAUSE_SECONDS)
            clients.append(_through(writer, reader, number))
            gevent.sleep(PAUSE_SECONDS)
        return phones[WARM_UP_MESSAGES:], clients[WARM_UP_MESSAGES:]


def _phone(stack: ExitStack, operator: Stack, user: str, **options: object) -> Phone:
    phone = Phone(operator.url, f"{user}@{operator.domain}", accounts.password(user), **options)  # type: ignore[arg-type]
    stack.callback(phone.close)
    phone.login()
    phone.negotiate()
    phone.publish()
    return phone


def _client(stack: ExitStack, operator: Stack, user: str) -> Peer:
    address = "127.0.0.1", operator.prosody.tls_port
    return stack.enter_context(Peer(user, accounts.password(user), operator.domain, address, operator.ca_file))


def _wake(sender: Phone, receiver: Phone, line: PhoneStcpLine, number: int) -> float:
    """From the POST to the WVCI. Then the phone fetches all, and nothing is left of the wake."""
    began = time.perf_counter()
    sender.send(receiver.user, f"wake{number}")
    if not line.wait(WAKE_SECONDS):
        raise RuntimeError(f"no WVCI within {WAKE_SECONDS:.0f} s")
    took = (time.perf_counter() - began) * 1e3
    while receiver.run_once():
        pass
    while line.wait(0.05):
        pass
    return took


def _through(writer: Peer, reader: Peer, number: int) -> float:
    seen = gevent.spawn(reader.wait, f"through{number}</body>")
    gevent.sleep(0)
    began = time.perf_counter()
    writer.message(reader.jid, f"through{number}")
    seen.get()
    return (time.perf_counter() - began) * 1e3
