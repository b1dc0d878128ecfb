"""Every action that code records has its sentence."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.audit.actions import ACTIONS, in_words

APPS = ("accounts", "config", "predictions")


def _strings(node: ast.expr, constants: dict[str, str]) -> Iterator[str]:
    """Yield what an argument may be: a text, a constant of the module, or one of two."""
    if isinstance(node, ast.IfExp):
        yield from _strings(node.body, constants)
        yield from _strings(node.orelse, constants)
    elif isinstance(node, ast.Constant):
        yield node.value
    else:
        assert isinstance(node, ast.Name), f"write the action out: {ast.unparse(node)}"
        yield constants[node.id]


def _constants(tree: ast.Module) -> dict[str, str]:
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            names = node.targets[0].elts if isinstance(node.targets[0], ast.Tuple) else node.targets
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            pairs = zip(names, values, strict=False)
            found |= {name.id: value.value for name, value in pairs if isinstance(value, ast.Constant)}
    return found


def _recorded() -> Iterator[str]:
    for app in APPS:
        for path in Path(app).rglob("*.py"):
            tree = ast.parse(path.read_text())
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record":
                    yield from _strings(node.args[1], _constants(tree))


def test_each_recorded_action_has_a_sentence_and_each_sentence_an_action():
    assert set(_recorded()) == ACTIONS.keys()


def test_sentences_differ():
    assert len(set(map(str, ACTIONS.values()))) == len(ACTIONS)


@pytest.mark.parametrize("action", ["user.logged_in", "newer.action"])
def test_an_action_of_newer_code_is_shown_as_it_is(action):
    assert in_words(action) == str(ACTIONS.get(action, action))


def _calls() -> Iterator[tuple[str, ast.Call]]:
    for app in APPS:
        for path in Path(app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record":
                    yield str(path), node


def test_no_event_is_recorded_with_a_name():
    """A name or an address is passed as the User, or in `audit.Personal`, so that it can be deleted."""
    wrong = []
    for path, call in _calls():
        for given in [*call.args[2:], *(keyword.value for keyword in call.keywords)]:
            text = ast.unparse(given)
            if not text.startswith("audit.Personal(") and (".get_username" in text or text.endswith(("name", "email"))):
                wrong.append((path, text))
    things = {"version.name", "run.name", "group.name", "obj.name", "name", "start=version.name"}
    assert [(path, text) for path, text in wrong if text not in things] == []
