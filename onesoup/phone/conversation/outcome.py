"""What comes of playing a script: an outcome for each step, and one for the whole."""

from dataclasses import dataclass, field

from onesoup.phone.conversation.checks import Failure
from onesoup.phone.conversation.script import ConversationScript
from onesoup.phone.conversation.wire import Answer


@dataclass
class StepOutcome:
    """What came of one step. `gap` is the reason of a known gap; `answer` the last answer, for the reader of a failure.

    `posts` is what the phone sent and got, in order; `friends` the sentences about friends that were done or seen."""

    name: str
    failures: list[Failure] = field(default_factory=list)
    warnings: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    skipped: str = ""
    gap: str = ""
    answer: Answer | None = None
    posts: list[tuple[bytes, Answer]] = field(default_factory=list)
    friends: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        return not self.failures


@dataclass
class PlayOutcome:
    """A whole play."""

    script: ConversationScript
    steps: list[StepOutcome] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return all(step.good or step.gap for step in self.steps)

    @property
    def failed(self) -> StepOutcome | None:
        return next((step for step in self.steps if not step.good and not step.gap), None)

    @property
    def gaps(self) -> list[StepOutcome]:
        """Known gaps that are still there."""
        return [step for step in self.steps if step.gap and not step.good]

    @property
    def healed(self) -> list[StepOutcome]:
        """Known gaps that are none any more: their `known_gap` can go."""
        return [step for step in self.steps if step.gap and step.good and not step.skipped]


class StepFailed(Exception):
    """The step cannot go on."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.what}: {failure.expected}, {failure.came}")
        self.failure = failure


def answer_name(answer: Answer) -> str:
    content = answer.content
    if content is None:
        return "an empty body" if not answer.body else "no primitive"
    code = content.value("//Code")
    return f"{content.name} {code}" if code else content.name
