"""What a session asks of entities around it and waits for: directories, vCards, rooms, what a domain is. Each question runs in
a greenlet of its own, so that no message waits behind it; nothing is kept here but what services said of themselves."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gevent.pool
import structlog
from gevent.lock import BoundedSemaphore
from xmpp.simplexml import Node

from onesoup.csp.profiles import WRITABLE_PROPERTIES
from onesoup.csp.status import StatusCode
from onesoup.observability.logs import short
from onesoup.store import records
from onesoup.xmpp import namespaces, profiles, searching
from onesoup.xmpp.errors import command_code, is_fact
from onesoup.xmpp.stream import StreamFailure, stanzas

if TYPE_CHECKING:
    from workers.holder.session.session import XmppSession

log = structlog.get_logger()

# Questions of one session at once, stanzas of one question at once.
MOST_QUESTIONS, AT_ONCE = 4, 10
SECONDS = 6.0
# Services come and go seldom; one that is not there may just be starting.
KEEP, KEEP_NOTHING, MOST_KEPT = 86_400.0, 60.0, 1000
MOST_SERVICES, MOST_ROOMS, ROOMS_A_PAGE = 30, 1000, 250
NO_ANSWER = "remote-server-timeout"


class ServiceCache:
    """What the domains offer: their directory with its form, their rooms. Shared by all sessions of a process."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[float, Any]] = {}

    def get(self, kind: str, domain: str, find: Callable[[], Any]) -> Any:
        """`find` returns None for what it could not learn: that is not kept."""
        until, value = self._kept.get((kind, domain), (0.0, None))
        if time.monotonic() < until:
            return value
        value = find()
        if value is None:
            return None
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[kind, domain] = (time.monotonic() + (KEEP if value else KEEP_NOTHING), value)
        return value


_services = ServiceCache()


class SessionQueries:
    """The questions of one session."""

    def __init__(self, held: "XmppSession") -> None:
        self._held = held
        self._questions = BoundedSemaphore(MOST_QUESTIONS)

    def answer(self, command: dict[str, Any]) -> bytes:
        """The answer to a question of a worker; something always."""
        deadline = time.monotonic() + float(command.get("within", SECONDS))
        if not self._questions.acquire(timeout=SECONDS / 2):
            return records.pack_answer(StatusCode.SERVICE_UNAVAILABLE, "too many questions at once")
        try:
            return _QUESTIONS[command["op"]](Question(self._held, deadline), command)
        except StreamFailure as failure:
            log.info("question-failed", sid=short(self._held.sid), op=command["op"], kind=failure.kind)
            code = StatusCode.TIMEOUT if failure.kind == "no-answer" else StatusCode.SERVICE_UNAVAILABLE
            return records.pack_answer(code, "the server did not answer")
        except Exception as error:
            log.exception("bug", kind=type(error).__name__)
            return records.pack_answer(StatusCode.INTERNAL_ERROR, "internal error")
        finally:
            self._questions.release()


@dataclass(slots=True)
class Question:
    """One question, to be answered before the monotonic clock shows `deadline`."""

    held: "XmppSession"
    deadline: float

    def _ask(self, iq: Node) -> Node:
        stream, left = self.held.stream, self.deadline - time.monotonic()
        if stream is None:
            raise StreamFailure("closed", "local")
        if left <= 0:
            raise StreamFailure("no-answer", NO_ANSWER)
        return stream.request(iq, min(left, SECONDS))

    def _result(self, iq: Node, name: str, namespace: str) -> tuple[str, Node | None]:
        """(condition, payload); "" and None for a result without what was asked for."""
        try:
            result = self._ask(iq)
        except StreamFailure as failure:
            if failure.kind != "no-answer":
                raise
            return NO_ANSWER, None
        if result.getAttr("type") != "result":
            return stanzas.error_condition(result), None
        return "", result.getTag(name, namespace=namespace)

    def _all(self, work: Callable[[str], Any], jids: Iterable[str]) -> dict[str, Any]:
        """The same question about several, some at once. One that breaks the stream breaks the whole."""

        def asked(jid: str) -> Any:
            try:
                return work(jid)
            except StreamFailure as failure:
                return failure

        jids = list(dict.fromkeys(jids))
        answers = gevent.pool.Pool(AT_ONCE).map(asked, jids)
        for each in answers:
            if isinstance(each, StreamFailure):
                raise each
        return dict(zip(jids, answers, strict=True))

    # --- services of the domain ---

    def _service(self, kind: str, fits: Callable[[Any], bool]) -> str | None:
        """Empty when the domain has none; None when that cannot be told just now."""
        domain = self.held.session.domain

        def find() -> str | None:
            condition, items = self._result(_get(domain, namespaces.DISCO_ITEMS), "query", namespaces.DISCO_ITEMS)
            names = [jid for jid, _ in searching.read_items(items)] if items is not None else []
            names = [jid for jid in names if "@" not in jid][:MOST_SERVICES]
            infos = self._all(self._info, names)
            found = next((name for name in names if infos[name][1] is not None and fits(infos[name][1])), "")
            sure = all(map(is_fact, [condition, *(told for told, _ in infos.values())]))
            return found if found or sure else None

        found: str | None = _services.get(kind, domain, find)
        return found

    def _info(self, jid: str) -> tuple[str, Node | None]:
        return self._result(_get(jid, namespaces.DISCO_INFO), "query", namespaces.DISCO_INFO)

    # --- questions ---

    def _find(self, command: dict[str, Any]) -> bytes:
        service = self._service("directory", searching.is_directory)
        if not service:
            return records.pack_answer(StatusCode.SUCCESSFUL, found=[], late=service is None)

        def form() -> searching.SearchForm | None:
            _, query = self._result(_get(service, namespaces.SEARCH), "query", namespaces.SEARCH)
            return searching.read_form(query) if query is not None else None

        found = _services.get("form", service, form)
        if found is None:
            return records.pack_answer(StatusCode.SUCCESSFUL, found=[], late=True)
        filled = searching.fill_search_form(found, command["wanted"])
        if not filled:
            return records.pack_answer(StatusCode.SUCCESSFUL, found=[], late=False)
        condition, query = self._result(_search(service, found, filled), "query", namespaces.SEARCH)
        hits = searching.read_hits(query) if query is not None else []
        return records.pack_answer(StatusCode.SUCCESSFUL, found=hits, late=bool(condition))

    def _cards(self, command: dict[str, Any]) -> bytes:
        def card(jid: str) -> list[Any]:
            to = "" if jid == self.held.session.jid else jid
            condition, vcard = self._result(stanzas.vcard_get(to), "vCard", namespaces.VCARD)
            return [condition, profiles.read_profile(vcard), profiles.searchable_facts(vcard)]

        return records.pack_answer(StatusCode.SUCCESSFUL, cards=self._all(card, command["jids"]))

    def _change_card(self, command: dict[str, Any]) -> bytes:
        with self.held.publisher.changing:
            condition, vcard = self._result(stanzas.vcard_get(""), "vCard", namespaces.VCARD)
            if condition and condition != "item-not-found":
                # Who cannot read it must not write it: what is there would be lost.
                return records.pack_answer(command_code(condition), condition)
            changed = change(vcard, command["changes"], command["clear"])
            result = self._ask(Node("iq", {"type": "set"}, [changed]))
        if result.getAttr("type") != "result":
            reason = stanzas.error_condition(result)
            return records.pack_answer(command_code(reason), reason)
        return records.pack_answer(StatusCode.SUCCESSFUL)

    def _rooms(self, _command: dict[str, Any]) -> bytes:
        """As many as can be had; 504 when none can, and there may be some."""
        service = self._service("rooms", searching.is_rooms)
        if service is None:
            return records.pack_answer(StatusCode.TIMEOUT, "the domain does not say what it has")
        rooms: dict[str, str] = {}
        after: str | None = ""
        while service and after is not None and len(rooms) < MOST_ROOMS:
            iq = _get(service, namespaces.DISCO_ITEMS)
            page = [Node("max", payload=[str(ROOMS_A_PAGE)])] + ([Node("after", payload=[after])] if after else [])
            iq.getTag("query").addChild(node=Node(f"{namespaces.RESULT_SETS} set", payload=page))
            condition, items = self._result(iq, "query", namespaces.DISCO_ITEMS)
            if condition and not rooms:
                return records.pack_answer(StatusCode.TIMEOUT, "the rooms are not told")
            found = searching.read_items(items) if items is not None else []
            fresh = [(jid, name) for jid, name in found if "@" in jid and jid not in rooms]
            rooms.update(fresh)
            more = items.getTag("set", namespace=namespaces.RESULT_SETS) if items is not None else None
            # A service without pages tells all at once; one that repeats itself is not asked again.
            after = (more.getTagData("last") or None) if more is not None and fresh and len(found) >= ROOMS_A_PAGE else None
        return records.pack_answer(StatusCode.SUCCESSFUL, service=service, rooms=list(rooms.items())[:MOST_ROOMS])

    def _infos(self, command: dict[str, Any]) -> bytes:
        def info(jid: str) -> list[str]:
            condition, query = self._info(jid)
            if query is None:
                return [condition, ""]
            # COMPAT(Prosody): the topic is told to those who are in the room, who may have been phones of ours.
            kept = self.held.topic(jid) if "@" in jid and searching.is_open(query) else ""
            return [condition, "\n".join(text for text in (searching.topic_of(query), kept) if text)]

        return records.pack_answer(StatusCode.SUCCESSFUL, info=self._all(info, command["jids"]))


_QUESTIONS: dict[str, Callable[[Question, dict[str, Any]], bytes]] = {
    "find": Question._find,
    "cards": Question._cards,
    "change-card": Question._change_card,
    "rooms": Question._rooms,
    "info": Question._infos,
}


def _get(to: str, namespace: str) -> Node:
    return Node("iq", {"type": "get", "to": to}, [Node(f"{namespace} query")])


def _search(service: str, form: searching.SearchForm, filled: dict[str, str]) -> Node:
    query = Node(f"{namespaces.SEARCH} query")
    if form.data:
        fields = {"FORM_TYPE": namespaces.SEARCH, **filled}
        data = [Node("field", {"var": name}, [Node("value", payload=[value])]) for name, value in fields.items()]
        query.addChild(node=Node(f"{namespaces.DATA_FORMS} x", {"type": "submit"}, data))
    else:
        for name, value in filled.items():
            query.addChild(node=Node(name, payload=[value]))
    return Node("iq", {"type": "set", "to": service}, [query])


def change(vcard: Node | None, changes: dict[str, str], clear: bool) -> Node:
    """The vCard with these properties changed; the picture and whatever else is in it stay."""
    changed = vcard if vcard is not None else Node(f"{namespaces.VCARD} vCard")
    if clear:
        changes = dict.fromkeys(WRITABLE_PROPERTIES, "") | changes
    for path, value in profiles.vcard_places(changed, changes).items():
        _put(changed, path, value)
    ours = changed.getTag(profiles.PROFILE_ELEMENT, namespace=namespaces.ONESOUP_PROFILE)
    for name, value in profiles.own_element_values(changes).items():
        if ours is None and value:
            ours = changed.addChild(node=Node(f"{namespaces.ONESOUP_PROFILE} {profiles.PROFILE_ELEMENT}"))
        if ours is not None:
            _put(ours, (name,), value)
    return changed


def _put(node: Node, path: tuple[str, ...], value: str) -> None:
    for name in path[:-1]:
        inner = node.getTag(name)
        if inner is None and not value:
            return
        node = inner if inner is not None else node.addChild(name)
    if value:
        node.setTagData(path[-1], value)
    elif node.getTag(path[-1]) is not None:
        node.delChild(path[-1])
