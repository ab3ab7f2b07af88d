"""redis-py's client over one connection for all greenlets. Knows how redis-py names commands and reads their answers, and no
command itself. Transactions and subscriptions take connections of the pool."""

from collections.abc import Sequence
from typing import Any

import redis
from redis.client import EMPTY_RESPONSE, NEVER_DECODE, Pipeline

from onesoup.store.redis.pipeline import SharedConnection, Value

# What an answer is to be instead of what the server says: of commands that nobody here uses.
_ODD = frozenset({EMPTY_RESPONSE, NEVER_DECODE})


class SharedConnectionRedis(redis.Redis):
    """A client whose commands go over `pipe`, once it has one."""

    pipe: SharedConnection | None = None

    def execute_command(self, *args: Any, **options: Any) -> Any:
        if self.pipe is None or not _ODD.isdisjoint(options):
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        return _meaning(self, args, options, self.pipe.call(_words(args)))

    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> Pipeline:
        if self.pipe is None or transaction:
            return super().pipeline(transaction, shard_hint)
        return _Batch(self, self.pipe)

    def close(self) -> None:
        if self.pipe is not None:
            self.pipe.close()
        super().close()


class _Batch(Pipeline):
    """Commands that go out together, and are alone each: no transaction."""

    def __init__(self, client: SharedConnectionRedis, pipe: SharedConnection) -> None:
        super().__init__(client.connection_pool, client.response_callbacks, False, None)
        self._pipe = pipe

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        """The first error is raised, but all commands have run."""
        stack, self.command_stack = self.command_stack, []
        answers = self._pipe.call_all([_words(args) for args, _ in stack]) if stack else []
        if raise_on_error and (errors := [each for each in answers if isinstance(each, redis.ResponseError)]):
            raise errors[0]
        return [_meaning(self, args, options, answer) for (args, options), answer in zip(stack, answers, strict=True)]


def _words(args: Sequence[Any]) -> Sequence[Value]:
    """A command as the server reads it: redis-py has names of two words as one."""
    name = args[0]
    return (*name.split(), *args[1:]) if " " in name else args


def _meaning(client: redis.Redis, args: Sequence[Any], options: dict[str, Any], answer: Any) -> Any:
    """As redis-py's parse_response()."""
    callback = client.response_callbacks.get(args[0])
    if callback is None or isinstance(answer, redis.ResponseError):
        return answer
    return callback(answer, **{name: value for name, value in options.items() if name != "keys"})
