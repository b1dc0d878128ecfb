"""The table of OWASP ASVS: every requirement of levels 1 and 2 once, each with a test that exists, or a reason."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/asvs.md"
STATES = ("met", "not applicable", "**not met**")
PATH = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
# The levels of the requirements of each section, in order, of ASVS 5.0.0.
LEVELS = {
    "1.1": "22",
    "1.2": "1111122223",
    "1.3": "112222222223",
    "1.4": "222",
    "1.5": "123",
    "2.1": "122",
    "2.2": "112",
    "2.3": "12223",
    "2.4": "23",
    "3.1": "3",
    "3.2": "113",
    "3.3": "12223",
    "3.4": "11222233",
    "3.5": "11122333",
    "3.6": "3",
    "3.7": "22333",
    "4.1": "12233",
    "4.2": "23333",
    "4.3": "22",
    "4.4": "1222",
    "5.1": "2",
    "5.2": "112333",
    "5.3": "113",
    "5.4": "222",
    "6.1": "122",
    "6.2": "111111112222",
    "6.3": "11223333",
    "6.4": "112233",
    "6.5": "22222333",
    "6.6": "2223",
    "6.7": "33",
    "6.8": "2222",
    "7.1": "222",
    "7.2": "1111",
    "7.3": "22",
    "7.4": "11222",
    "7.5": "223",
    "7.6": "22",
    "8.1": "1233",
    "8.2": "1123",
    "8.3": "133",
    "8.4": "23",
    "9.1": "111",
    "9.2": "1222",
    "10.1": "22",
    "10.2": "223",
    "10.3": "22223",
    "10.4": "1111122222233333",
    "10.5": "22222",
    "10.6": "22",
    "10.7": "222",
    "11.1": "2233",
    "11.2": "22233",
    "11.3": "11233",
    "11.4": "1222",
    "11.5": "23",
    "11.6": "23",
    "11.7": "33",
    "12.1": "12233",
    "12.2": "11",
    "12.3": "22223",
    "13.1": "2333",
    "13.2": "222223",
    "13.3": "2233",
    "13.4": "1222233",
    "14.1": "22",
    "14.2": "12223333",
    "14.3": "122",
    "15.1": "12233",
    "15.2": "12233",
    "15.3": "1222222",
    "15.4": "3333",
    "16.1": "2",
    "16.2": "22222",
    "16.3": "2222",
    "16.4": "222",
    "16.5": "2223",
    "17.1": "23",
    "17.2": "22223333",
    "17.3": "22",
}
TOTALS = {"1": 70, "2": 183, "3": 92}  # as the standard counts them


def _rows() -> list[list[str]]:
    lines = re.findall(r"^\| (\d+\.\d+\.\d+ \|.*) \|$", PAGE.read_text(encoding="utf-8"), re.M)
    return [[cell.strip() for cell in f"{line} ".split(" |")] for line in lines]


def _numbers() -> dict[str, str]:
    """Return the level of each requirement of levels 1 and 2."""
    all_ = {f"{section}.{i}": level for section, levels in LEVELS.items() for i, level in enumerate(levels, 1)}
    return {number: level for number, level in all_.items() if level != "3"}


@cache
def _collected(path: Path) -> set[str]:
    """Return the tests of a module by its syntax: functions, and methods of classes, that pytest collects."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = [*tree.body, *(part for node in tree.body if isinstance(node, ast.ClassDef) for part in node.body)]
    return {node.name for node in named if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_the_list_of_numbers_is_that_of_the_standard():
    levels = "".join(LEVELS.values())
    assert {level: levels.count(level) for level in TOTALS} == TOTALS


def test_each_requirement_is_there_once_with_its_level():
    assert [(row[0], row[1]) for row in _rows()] == list(_numbers().items())


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row[0])
def test_a_line_is_met_by_tests_or_has_a_reason(row):
    number, _, asked, state, reason, tests = row
    assert asked
    assert state in STATES, f"{number}: {state}"
    found = PATH.findall(tests)
    assert tests == ", ".join(f"`{path}::{name}`" for path, name in found), f"{number}: {tests}"
    if state == "met":
        assert found, f"{number} is met, but no test shows it"
    else:
        assert not found
        assert reason, f"{number} needs a reason"
    missing = [f"{path}::{name}" for path, name in found if name not in _tests_of(path)]
    assert missing == [], f"{number}: no such test"


def _tests_of(path: str) -> set[str]:
    file = ROOT / "tests" / path
    return _collected(file) if file.name.startswith("test_") and file.exists() else set()


def test_the_page_counts_right():
    states = [row[3] for row in _rows()]
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    met, not_applicable, not_met = (states.count(state) for state in STATES)
    assert f"{met} are met, {not_applicable} do not apply, {not_met} are not met." in page
    assert f"each of the {len(states)} requirements" in page


def test_security_md_links_the_table():
    assert "docs/asvs.md" in (ROOT / "SECURITY.md").read_text(encoding="utf-8")
