"""Advanced criteria of CSP 1.3: which of a search's pairs must be met, as PairIDs joined by AND, OR, NOT and brackets. Values
only; what a pair asks for is the business of onesoup.csp.search.

No phone is known to send them, and the pages are silent about their words, so the signs that programs use are read as well."""

import re
from collections.abc import Iterable, Mapping, Sequence

from onesoup.csp.errors import CspError
from onesoup.csp.status import StatusCode

# The index of a criterion, or an operator with what it joins.
Logic = int | tuple[str, tuple["Logic", ...]]

AND, OR, NOT = "and", "or", "not"
OPERATOR_SIGNS = {"&": AND, "&&": AND, "|": OR, "||": OR, "!": NOT}
MAX_EXPRESSION_LENGTH, MAX_EXPRESSION_DEPTH = 500, 16
# More ways than that to meet a search are not looked at one by one.
MOST_WAYS = 16
_TOKEN = re.compile(r"\s*(\d+|[()]|&&?|\|\|?|!|[A-Za-z]+)")


def read_expression(text: str, pairs: Mapping[int, int | None]) -> Logic | None:
    """The expression over criteria that `pairs` finds by PairID; None stands for one that does not count, and if none counts, so
    does the result. 402 for what is no expression, or names a pair that is not there."""
    if len(text) > MAX_EXPRESSION_LENGTH:
        raise CspError(StatusCode.BAD_PARAMETER, "advanced criteria are too long")
    reader = _Reader(_tokens(text), pairs)
    logic = reader.either(0)
    if reader.token is not None:
        raise CspError(StatusCode.BAD_PARAMETER, "advanced criteria end too early")
    return logic


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise CspError(StatusCode.BAD_PARAMETER, "advanced criteria have a sign that nobody knows")
        found.append(match[1].lower())
        at = match.end()
    return [OPERATOR_SIGNS.get(each, each) for each in found]


class _Reader:
    """Recursive descent: NOT binds closest, then AND, then OR."""

    def __init__(self, tokens: Iterable[str], pairs: Mapping[int, int | None]) -> None:
        self._rest, self._pairs = iter(tokens), pairs
        self.token = next(self._rest, None)

    def _next(self) -> None:
        self.token = next(self._rest, None)

    def either(self, depth: int) -> Logic | None:
        parts = [self._both(depth)]
        while self.token == OR:
            self._next()
            parts.append(self._both(depth))
        return _joined(OR, parts)

    def _both(self, depth: int) -> Logic | None:
        parts = [self._one(depth)]
        while self.token == AND:
            self._next()
            parts.append(self._one(depth))
        return _joined(AND, parts)

    def _one(self, depth: int) -> Logic | None:
        if depth > MAX_EXPRESSION_DEPTH:
            raise CspError(StatusCode.BAD_PARAMETER, "advanced criteria are nested too deeply")
        token = self.token
        self._next()
        if token == NOT:
            inner = self._one(depth + 1)
            return None if inner is None else (NOT, (inner,))
        if token == "(":
            inner = self.either(depth + 1)
            if self.token != ")":
                raise CspError(StatusCode.BAD_PARAMETER, "advanced criteria lack a bracket")
            self._next()
            return inner
        if token is None or not token.isdigit() or int(token) not in self._pairs:
            raise CspError(StatusCode.BAD_PARAMETER, "advanced criteria name no pair of the request")
        return self._pairs[int(token)]


def _joined(operator: str, parts: Sequence[Logic | None]) -> Logic | None:
    counting = tuple(each for each in parts if each is not None)
    if len(counting) < 2:
        return counting[0] if counting else None
    return operator, counting


def evaluate_expression(logic: Logic, verdicts: Sequence[bool | None]) -> bool | None:
    """Whether the expression holds, with None for what cannot be told yet."""
    if isinstance(logic, int):
        return verdicts[logic]
    operator, parts = logic
    found = [evaluate_expression(each, verdicts) for each in parts]
    if operator == NOT:
        return None if found[0] is None else not found[0]
    settling = operator == OR
    if settling in found:
        return settling
    return None if None in found else not settling


def alternative_queries(logic: Logic) -> list[frozenset[int]]:
    """The criteria that a directory may be asked for, once for each way to meet the expression. What must not be is left out:
    no directory can be asked for it."""
    if isinstance(logic, int):
        return [frozenset({logic})]
    operator, parts = logic
    if operator == NOT:
        return [frozenset()]
    if operator == OR:
        return list(dict.fromkeys(way for each in parts for way in alternative_queries(each)))[:MOST_WAYS]
    found = [frozenset[int]()]
    for each in parts:
        found = list(dict.fromkeys(one | other for one in found for other in alternative_queries(each)))[:MOST_WAYS]
    return found
