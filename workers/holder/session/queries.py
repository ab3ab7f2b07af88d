"""Questions of workers that other XMPP entities have to answer: user directories, vCards, lists of rooms, service discovery.
Each question runs in a greenlet of its own, so that no message waits behind it."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import gevent.pool
import structlog
from gevent.lock import BoundedSemaphore
from xmpp.simplexml import Node

from onesoup.csp.profiles import WRITABLE_PROPERTIES
from onesoup.csp.status import StatusCode
from onesoup.observability.bugs import log_bug
from onesoup.observability.logs import short
from onesoup.store.account.groups import GroupStore
from onesoup.store.errors import StoreDown
from onesoup.xmpp import answers, namespaces, profiles, searching
from onesoup.xmpp.answers import CommandAnswer, DirectoryHits, EntityInfo, EntityInfos, ProfileFound, Profiles, RoomList
from onesoup.xmpp.commands import AskInfo, ChangeProfile, Command, FetchProfiles, ListRooms, SearchDirectory
from onesoup.xmpp.errors import command_code, is_fact
from onesoup.xmpp.stream import StreamFailure, stanzas
from onesoup.xmpp.stream.errors import FAILURE_NO_ANSWER
from workers.holder.service_cache import ServiceCache
from workers.holder.session.interfaces import IqClient
from workers.holder.session.iq import REMOTE_TIMEOUT, failure_answer, result_of
from workers.holder.session.state import SessionState

log = structlog.get_logger()

# Questions of one session at once, and stanzas of one question at once.
MAX_PARALLEL_QUESTIONS, MAX_PARALLEL_STANZAS = 4, 10
QUESTION_TIMEOUT_SECONDS = 6.0
# How long a question waits for its turn.
QUESTION_TURN_SECONDS = QUESTION_TIMEOUT_SECONDS / 2
# Items of a domain that are asked what they are; rooms that are told, and rooms of one page (XEP-0059).
MAX_DOMAIN_ITEMS, MAX_LISTED_ROOMS, ROOMS_PER_PAGE = 30, 1000, 250


class SessionQueries:
    """The questions of one session."""

    def __init__(
        self, state: SessionState, client: IqClient, *, services: ServiceCache, groups: GroupStore, card_lock: BoundedSemaphore
    ) -> None:
        """`card_lock` is held while the account's vCard is changed."""
        self._state, self._client = state, client
        self._services, self._groups, self._card_lock = services, groups, card_lock
        self._questions = BoundedSemaphore(MAX_PARALLEL_QUESTIONS)

    def answer(self, command: Command) -> bytes:
        """The packed answer to a question of a worker. There always is one; errors are a code in it."""
        deadline = time.monotonic() + float(getattr(command, "within", QUESTION_TIMEOUT_SECONDS))
        if not self._questions.acquire(timeout=QUESTION_TURN_SECONDS):
            return answers.status(StatusCode.SERVICE_UNAVAILABLE, "too many questions at once")
        try:
            return _QUESTIONS[type(command)](self._question(deadline), command)
        except StreamFailure as failure:
            log.info("question-failed", sid=short(self._state.sid), op=command.op, kind=failure.kind)
            return failure_answer(failure)
        except Exception as error:
            log_bug(error)
            return answers.status(StatusCode.INTERNAL_ERROR, "internal error")
        finally:
            self._questions.release()

    def _question(self, deadline: float) -> "Question":
        return Question(self._state, self._client, self._services, self._groups, self._card_lock, deadline)


@dataclass(slots=True)
class Question:
    """One question, to be answered before the monotonic clock shows `deadline`."""

    state: SessionState
    client: IqClient
    services: ServiceCache
    groups: GroupStore
    card_lock: BoundedSemaphore
    deadline: float

    def _ask(self, iq: Node) -> Node:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise StreamFailure(FAILURE_NO_ANSWER, REMOTE_TIMEOUT)
        return self.client.request(iq, min(left, QUESTION_TIMEOUT_SECONDS))

    def _result(self, iq: Node, name: str, namespace: str) -> tuple[str, Node | None]:
        """(condition, payload); "" and None for a result without what was asked for."""
        result = result_of(lambda: self._ask(iq))
        if result.condition or result.stanza is None:
            return result.condition, None
        return "", result.stanza.getTag(name, namespace=namespace)

    def _all(self, work: Callable[[str], Any], jids: Iterable[str]) -> dict[str, Any]:
        """The same question about several JIDs, some at once. StreamFailure when one of them fails with it."""

        def asked(jid: str) -> Any:
            try:
                return work(jid)
            except StreamFailure as failure:
                return failure

        jids = list(dict.fromkeys(jids))
        found = gevent.pool.Pool(MAX_PARALLEL_STANZAS).map(asked, jids)
        for each in found:
            if isinstance(each, StreamFailure):
                raise each
        return dict(zip(jids, found, strict=True))

    # --- services of the domain ---

    def _service(self, kind: str, fits: Callable[[Any], bool]) -> str | None:
        """The JID of the domain's service of this kind, "" when it has none, None when that cannot be told just now."""
        domain = self.state.session.domain

        def find() -> str | None:
            condition, items = self._result(_get(domain, namespaces.DISCO_ITEMS), "query", namespaces.DISCO_ITEMS)
            names = [jid for jid, _ in searching.read_items(items)] if items is not None else []
            names = [jid for jid in names if "@" not in jid][:MAX_DOMAIN_ITEMS]
            infos = self._all(self._info, names)
            found = next((name for name in names if infos[name][1] is not None and fits(infos[name][1])), "")
            sure = all(map(is_fact, [condition, *(told for told, _ in infos.values())]))
            return found if found or sure else None

        found: str | None = self.services.find(kind, domain, find)
        return found

    def _info(self, jid: str) -> tuple[str, Node | None]:
        return self._result(_get(jid, namespaces.DISCO_INFO), "query", namespaces.DISCO_INFO)

    # --- questions ---

    def _find(self, command: SearchDirectory) -> bytes:
        service = self._service("directory", searching.is_directory)
        if not service:
            return answers.pack(DirectoryHits(late=service is None))

        def form() -> searching.SearchForm | None:
            _, query = self._result(_get(service, namespaces.SEARCH), "query", namespaces.SEARCH)
            return searching.read_form(query) if query is not None else None

        found = self.services.find("form", service, form)
        if found is None:
            return answers.pack(DirectoryHits(late=True))
        filled = searching.fill_search_form(found, command.wanted)
        if not filled:
            return answers.pack(DirectoryHits())
        condition, query = self._result(_search(service, found, filled), "query", namespaces.SEARCH)
        hits = searching.read_hits(query) if query is not None else []
        return answers.pack(DirectoryHits(tuple(hits), bool(condition)))

    def _cards(self, command: FetchProfiles) -> bytes:
        def card(jid: str) -> ProfileFound:
            to = "" if jid == self.state.session.jid else jid
            condition, vcard = self._result(stanzas.vcard_get(to), "vCard", namespaces.VCARD)
            return ProfileFound(condition, profiles.read_profile(vcard), profiles.searchable_facts(vcard))

        return answers.pack(Profiles(self._all(card, command.jids)))

    def _change_card(self, command: ChangeProfile) -> bytes:
        with self.card_lock:
            condition, vcard = self._result(stanzas.vcard_get(""), "vCard", namespaces.VCARD)
            if condition and condition != "item-not-found":
                # A vCard that cannot be read must not be written: what is in it would be lost.
                return answers.status(command_code(condition), condition)
            changed = change(vcard, dict(command.changes), command.clear)
            result = self._ask(Node("iq", {"type": "set"}, [changed]))
        if result.getAttr("type") != "result":
            reason = stanzas.error_condition(result)
            return answers.status(command_code(reason), reason)
        return answers.pack(CommandAnswer())

    def _rooms(self, _command: ListRooms) -> bytes:
        """As many rooms as can be listed; 504 when there may be some and none can be listed."""
        service = self._service("rooms", searching.is_rooms)
        if service is None:
            return answers.status(StatusCode.TIMEOUT, "the domain does not say what it has")
        rooms: dict[str, str] = {}
        after: str | None = ""
        while service and after is not None and len(rooms) < MAX_LISTED_ROOMS:
            iq = _get(service, namespaces.DISCO_ITEMS)
            page = [Node("max", payload=[str(ROOMS_PER_PAGE)])] + ([Node("after", payload=[after])] if after else [])
            iq.getTag("query").addChild(node=Node(f"{namespaces.RESULT_SETS} set", payload=page))
            condition, items = self._result(iq, "query", namespaces.DISCO_ITEMS)
            if condition and not rooms:
                return answers.status(StatusCode.TIMEOUT, "the rooms are not told")
            found = searching.read_items(items) if items is not None else []
            fresh = [(jid, name) for jid, name in found if "@" in jid and jid not in rooms]
            rooms.update(fresh)
            more = items.getTag("set", namespace=namespaces.RESULT_SETS) if items is not None else None
            # A service without pages lists all at once; one that repeats a page is not asked again.
            after = (more.getTagData("last") or None) if more is not None and fresh and len(found) >= ROOMS_PER_PAGE else None
        return answers.pack(RoomList(service, tuple(rooms.items())[:MAX_LISTED_ROOMS]))

    def _infos(self, command: AskInfo) -> bytes:
        def info(jid: str) -> EntityInfo:
            condition, query = self._info(jid)
            if query is None:
                return EntityInfo(condition, "")
            # COMPAT(Prosody): only occupants learn the topic; a phone of ours may have been one.
            kept = self._kept_topic(jid) if "@" in jid and searching.is_open(query) else ""
            return EntityInfo(condition, "\n".join(text for text in (searching.topic_of(query), kept) if text))

        return answers.pack(EntityInfos(self._all(info, command.jids)))

    def _kept_topic(self, room: str) -> str:
        """The topic that a room had when a phone was last in it, "" when none is known."""
        try:
            return self.groups.topic(room)
        except StoreDown:
            return ""


_QUESTIONS: dict[type[Command], Callable[[Question, Any], bytes]] = {
    SearchDirectory: Question._find,
    FetchProfiles: Question._cards,
    ChangeProfile: Question._change_card,
    ListRooms: Question._rooms,
    AskInfo: Question._infos,
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
    """The vCard with these properties changed; the picture and all other properties stay."""
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
