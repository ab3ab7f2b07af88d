"""Documents that a conversation needs and a capture may not have: a poll, a log-in, a plain answer. Pure."""

from dataclasses import replace

from onesoup.wire.document import Document
from onesoup.wire.tree import Element


def poll_document(like: Document, sid: str) -> Document:
    """A poll in the version and encoding of that document."""
    return _document(like, sid, "Request", "", Element("Polling-Request"))


def status_document(like: Document, sid: str) -> Document:
    """The answer 200 to a request of the server."""
    code = Element("Result", children=[Element("Code", "200")])
    return _document(like, sid, "Response", "0", Element("Status", children=[code]))


def login_document(like: Document, user: str) -> Document:
    """A log-in with a password."""
    client = Element("ClientID", children=[Element("URL", "captured")])
    asked = [Element("UserID", user), client, Element("Password", "-"), Element("TimeToLive", "3600")]
    asked.append(Element("SessionCookie", "captured"))
    return _document(like, "", "Request", "made-up-1", Element("Login-Request", children=asked))


def _document(like: Document, sid: str, mode: str, tid: str, content: Element) -> Document:
    session = [Element("SessionType", "Inband" if sid else "Outband"), *([Element("SessionID", sid)] if sid else [])]
    descriptor = [Element("TransactionMode", mode), Element("TransactionID", tid)]
    transaction = [
        Element("TransactionDescriptor", children=descriptor),
        Element("TransactionContent", children=[content]),
    ]
    parts = [Element("SessionDescriptor", children=session), Element("Transaction", children=transaction)]
    return replace(like, root=Element("WV-CSP-Message", children=[Element("Session", children=parts)]))
