"""A new account at a server (XEP-0077), on a stream without a log-in. Only where TLS protects the password."""

import gevent
from xmpp.simplexml import Node

from onesoup.xmpp import namespaces
from onesoup.xmpp.stream import errors
from onesoup.xmpp.stream.connect import encrypted, try_targets
from onesoup.xmpp.stream.connection import Wire
from onesoup.xmpp.stream.errors import StreamFailure
from onesoup.xmpp.stream.negotiate import Negotiation, condition_of
from onesoup.xmpp.stream.options import Options
from onesoup.xmpp.stream.resolve import Target
from onesoup.xmpp.stream.serializer import escape

REGISTRATION_REFUSED = "registration"
# What is filled in where the server asks for it. A form with anything else, such as a captcha, is beyond a phone.
FILLED_FIELDS = ("username", "password", "email", "name")
PASSIVE_ELEMENTS = ("instructions", "x", "data")


class Registration(Negotiation):
    def fields(self) -> list[str]:
        answer = self._iq("get", "form", "")
        query = answer.getTag("query", namespace=namespaces.REGISTER)
        names = [child.getName() for child in query.getChildren() if child] if query is not None else []
        if "registered" in names or "username" not in names:
            raise StreamFailure(REGISTRATION_REFUSED, "feature-not-implemented", "no plain form")
        return [name for name in names if name not in PASSIVE_ELEMENTS]

    def submit(self, values: dict[str, str]) -> None:
        filled = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())
        self._iq("set", "register", filled)

    def _iq(self, kind: str, id: str, payload: str) -> Node:
        self._wire.send(f"<iq type='{kind}' id='{id}'><query xmlns='{namespaces.REGISTER}'>{payload}</query></iq>".encode())
        answer = self._await(lambda node: node.name == "iq" and node.getAttr("id") == id)
        if answer.getAttr("type") != "result":
            raise StreamFailure(REGISTRATION_REFUSED, condition_of(answer.getTag("error") or answer, namespaces.STANZA_ERRORS))
        return answer


def register_account(domain: str, user: str, password: str, email: str, options: Options, within: float) -> None:
    """Makes the account, or StreamFailure: of kind `registration`, with the server's
    condition, when it is the server that does not want to."""
    with gevent.Timeout(within, StreamFailure(errors.FAILURE_TIMEOUT, "registration")):
        values = {"username": user, "password": password, "email": email}
        targets = options.resolver.targets(domain)
        try_targets(targets, domain, options, lambda wire, target: _register(wire, target, domain, values, options))


def _register(wire: Wire, target: Target, domain: str, values: dict[str, str], options: Options) -> None:
    talk = Registration(wire, domain, options.language)
    if encrypted(talk, wire, target, domain, options):
        talk.open()
    if not wire.secure and not options.tls.trusts_blindly(domain):
        raise StreamFailure(errors.FAILURE_TLS, "not-offered")
    fields = talk.fields()
    if not set(FILLED_FIELDS).issuperset(fields) or ("email" in fields and not values["email"]):
        raise StreamFailure(REGISTRATION_REFUSED, "not-acceptable", "more is asked than a phone can tell")
    talk.submit({name: values.get(name) or values["username"] for name in fields})
    wire.close()
