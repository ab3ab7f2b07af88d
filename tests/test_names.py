"""Names and sizes of the product: one name means one thing, no file or class is too large, no modules import in a circle.

`known_names.json` lists what breaks a rule today. The list only shrinks: a test fails for an entry that is missing from it, and
for one that is no longer needed. `python -m tests.test_names` takes out the latter.
"""

import ast
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MOST_LINES, MOST_PUBLIC_METHODS = 400, 25
GENERATED = ("onesoup/wire/generated/", "onesoup/csp/codec/generated_elements.py", "onesoup/csp/status.py")
# Names that mean the same in every module: its part of the table of handlers.
SAME_EVERYWHERE = {"HANDLERS"}
LIST = Path(__file__).parent / "known_names.json"

Modules = list[tuple[str, ast.Module, int]]


def sources() -> Iterator[tuple[str, ast.Module, int]]:
    """(path below the root, syntax tree, lines) of each hand-written module of the product."""
    for folder in ("onesoup", "workers", "cir"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(GENERATED):
                text = path.read_text(encoding="utf-8")
                yield name, ast.parse(text), text.count("\n")


def assigned(tree: ast.Module) -> Iterator[str]:
    """Names that the top level of a module assigns, tuples taken apart."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        yield from (each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name))


def classes(tree: ast.Module) -> list[ast.ClassDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]


def public_methods(node: ast.ClassDef) -> list[str]:
    return [each.name for each in node.body if isinstance(each, ast.FunctionDef) and not each.name.startswith("_")]


def repeated(names: Iterable[tuple[str, str]]) -> set[str]:
    """Of (name, module): the names that stand in several modules."""
    places: dict[str, set[str]] = defaultdict(set)
    for name, module in names:
        places[name].add(module)
    return {name for name, modules in places.items() if len(modules) > 1}


def repeated_classes(modules: Modules) -> set[str]:
    return repeated((node.name, path) for path, tree, _ in modules for node in classes(tree))


def repeated_constants(modules: Modules) -> set[str]:
    """Names with an underscore are private to their module and do not count."""
    names = ((name, path) for path, tree, _ in modules for name in assigned(tree))
    return repeated((name, path) for name, path in names if name.isupper() and name[0] != "_") - SAME_EVERYWHERE


def long_files(modules: Modules) -> set[str]:
    return {path for path, _, lines in modules if lines > MOST_LINES}


def large_classes(modules: Modules) -> set[str]:
    found = (node for _, tree, _ in modules for node in classes(tree))
    return {node.name for node in found if len(public_methods(node)) > MOST_PUBLIC_METHODS}


def modules_in_circles(modules: Modules) -> set[str]:
    """Imports for the type checker and inside functions count too."""
    known = {module_name(path) for path, _, _ in modules}
    graph = {module_name(path): set(imported(tree, known)) - {module_name(path)} for path, tree, _ in modules}
    return set().union(*circles(graph))


def module_name(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imported(tree: ast.Module, known: set[str]) -> Iterator[str]:
    """The modules of the product that a module imports, wherever the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                if inner in known or node.module in known:
                    yield inner if inner in known else node.module


def circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """The groups of modules that reach one another: strongly connected components, after Tarjan."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[set[str]] = []

    def visit(name: str) -> None:
        number[name] = lowest[name] = len(number)
        stack.append(name)
        for other in graph.get(name, ()):
            if other not in number:
                visit(other)
                lowest[name] = min(lowest[name], lowest[other])
            elif other in stack:
                lowest[name] = min(lowest[name], number[other])
        if lowest[name] == number[name]:
            group = set(stack[stack.index(name) :])
            del stack[stack.index(name) :]
            if len(group) > 1:
                found.append(group)

    for name in graph:
        if name not in number:
            visit(name)
    return found


RULES = (repeated_classes, repeated_constants, long_files, large_classes, modules_in_circles)


@pytest.fixture(scope="module")
def modules() -> Modules:
    return list(sources())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_no_more_than_the_list_breaks_a_rule(rule: Callable[[Modules], set[str]], modules: Modules) -> None:
    found, known = rule(modules), set(json.loads(LIST.read_text())[rule.__name__])
    assert sorted(found - known) == [], "breaks the rule"
    assert sorted(known - found) == [], "breaks it no longer: run python -m tests.test_names"


def test_a_repeated_name_is_found() -> None:
    tree = ast.parse("class Thing: ...\nLIMIT, _OWN = 1, 2\nHANDLERS = {}\n")
    twice = [("a.py", tree, 3), ("b.py", tree, 3)]
    assert (repeated_classes(twice), repeated_constants(twice)) == ({"Thing"}, {"LIMIT"})
    assert repeated_classes(twice[:1]) == repeated_constants(twice[:1]) == set()


def test_a_circle_is_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [{"b", "c"}]
    assert circles({"a": {"b"}, "b": set()}) == []


if __name__ == "__main__":
    listed, now = json.loads(LIST.read_text()), list(sources())
    still = {rule.__name__: sorted(rule(now) & set(listed[rule.__name__])) for rule in RULES}
    LIST.write_text(json.dumps(still, indent=2) + "\n")
