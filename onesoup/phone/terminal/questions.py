"""What others have asked and the user has not answered: friend requests and invitations, with numbers to answer them by."""

from collections.abc import Callable
from dataclasses import dataclass, field

from onesoup.csp.codec.generated_elements import InviteUserRequest
from onesoup.phone.addresses import local_part, user_key
from onesoup.phone.terminal.names import Unclear, group_name, near_words, without_scheme

# The oldest go when strangers ask more.
MAX_QUESTIONS = 50

FRIEND, INVITATION = "friend request", "invitation"
# kind -> what answers it.
ANSWERS = {FRIEND: ("/allow", "/deny"), INVITATION: ("/accept", "/decline")}


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """`who` asks: an address, or the name of somebody in a group. `group` and `request` are those of an invitation."""

    number: int
    kind: str
    who: str
    group: str = ""
    request: InviteUserRequest | None = None

    def names(self, name_of: Callable[[str], str]) -> list[str]:
        """What it can be called by, in lower case."""
        found = [name_of(self.who), without_scheme(self.who), user_key(self.who), local_part(self.who.lower())]
        found += [group_name(self.group), self.group] if self.group else []
        return [each.lower() for each in found if each]


@dataclass
class Questions:
    """Of one phone. Numbers are not used again."""

    _open: list[OpenQuestion] = field(default_factory=list)
    _last: int = 0

    def open(self) -> list[OpenQuestion]:
        return list(self._open)

    def ask(self, kind: str, who: str, group: str = "", request: InviteUserRequest | None = None) -> OpenQuestion:
        """Keeps a question. The same one again keeps its number."""
        for place, each in enumerate(self._open):
            if (each.kind, each.who.lower(), each.group.lower()) == (kind, who.lower(), group.lower()):
                self._open[place] = OpenQuestion(each.number, kind, who, group, request)
                return self._open[place]
        self._last += 1
        self._open.append(OpenQuestion(self._last, kind, who, group, request))
        del self._open[:-MAX_QUESTIONS]
        return self._open[-1]

    def close(self, question: OpenQuestion) -> None:
        self._open = [each for each in self._open if each.number != question.number]

    def pick(self, word: str, kind: str, name_of: Callable[[str], str]) -> OpenQuestion:
        """The question that a name or a number means; without a word the only one of its kind. Unclear when there is none, or
        more than one."""
        word = word.strip().lower()
        mine = [each for each in self._open if each.kind == kind]
        if not mine:
            raise Unclear(f"there is no {kind} to answer")
        if word.isdigit():
            return self._by_number(int(word), kind)
        found = [each for each in mine if not word or word in each.names(name_of)]
        if len(found) == 1:
            return found[0]
        numbers = ", ".join(f"{each.number} ({name_of(each.who)})" for each in found or mine)
        if found:
            raise Unclear(f"which {kind}? Say the number: {numbers}")
        near = near_words(word, [name for each in mine for name in each.names(name_of)])
        raise Unclear(f"no {kind} from {word}{near}; open: {numbers}")

    def _by_number(self, number: int, kind: str) -> OpenQuestion:
        found = next((each for each in self._open if each.number == number), None)
        if found is None:
            raise Unclear(f"no {kind} has the number {number}; /requests shows them")
        if found.kind != kind:
            yes, no = ANSWERS[found.kind]
            raise Unclear(f"{number} is no {kind}: {yes} {number} or {no} {number}")
        return found
