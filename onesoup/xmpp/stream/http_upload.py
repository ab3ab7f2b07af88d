"""Where a file can be put for others (XEP-0363): what a service takes, and a slot for one file."""

from onesoup.csp.text import digits
from onesoup.xmpp import namespaces
from onesoup.xmpp.stream.serializer import SerializedElement as Node

MAX_UPLOAD = 100_000_000


def upload_limit(result: Node) -> int | None:
    """The largest file in octets that a service takes by HTTP upload (XEP-0363); None when it takes none."""
    query = result.getTag("query", namespace=namespaces.DISCO_INFO)
    if query is None or namespaces.HTTP_UPLOAD not in [each.getAttr("var") for each in query.getTags("feature")]:
        return None
    for form in query.getTags("x", namespace=namespaces.DATA_FORMS):
        fields = {each.getAttr("var"): (each.getTagData("value") or "").strip() for each in form.getTags("field")}
        limit = fields.get("max-file-size", "")
        if fields.get("FORM_TYPE") == namespaces.HTTP_UPLOAD and (most := digits.ascii_number(limit)) is not None:
            return min(most, MAX_UPLOAD)
    return MAX_UPLOAD


def slot_get(to: str, name: str, size: int, kind: str) -> Node:
    request = Node(f"{namespaces.HTTP_UPLOAD} request", {"filename": name, "size": str(size), "content-type": kind})
    return Node("iq", {"type": "get", "to": to}, [request])


def slot_in(result: Node) -> tuple[str, str, dict[str, str]] | None:
    """(where to put, where it can be had, headers) of a slot. Of headers only those that XEP-0363 allows."""
    slot = result.getTag("slot", namespace=namespaces.HTTP_UPLOAD)
    put = slot.getTag("put") if slot is not None else None
    get = slot.getTag("get") if slot is not None else None
    if put is None or get is None or not put.getAttr("url") or not get.getAttr("url"):
        return None
    headers = {}
    for each in put.getTags("header"):
        name, value = (each.getAttr("name") or "").strip(), (each.getData() or "").replace("\n", "").replace("\r", "")
        if name.lower() in ("authorization", "cookie", "expires"):
            headers[name] = value
    return put.getAttr("url"), get.getAttr("url"), headers
