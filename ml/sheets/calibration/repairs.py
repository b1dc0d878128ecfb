"""Texts that fit what is expected, made from one that does not: points and colons are easily misread or missed.

Only signs are changed, never digits: except that a slash may have been read as a 1.
"""

import re

from ml.expects import Expectation, Kind

REPLACED, INSERTED, DELETED, SLASH_AS_ONE = 0.3, 0.12, 0.08, 0.2  # how likely each mistake of the reader is, roughly
LEAST = 0.01  # of several mistakes together
MOST_REPAIRS = 8
OLD_YEAR = re.compile(r"(?!19|20)\d{4}")  # that nobody means, with its likelihood
OLD_YEAR_WEIGHT = 0.02


def repair(text: str, expectation: Expectation) -> dict[str, float]:
    """Return texts that fit, and how likely the reader's mistakes are; {} if there are none."""
    signs = sorted(symbol for symbol in expectation.symbols if not symbol.isdigit())
    found: dict[str, float] = {}
    reached = {(0, ""): (1.0, expectation.start())}  # symbols of `text` that are done, and what became of them
    while reached:
        following: dict[tuple[int, str], tuple[float, int]] = {}
        for (done, made), (weight, state) in reached.items():
            if done == len(text) and expectation.is_final(state) and expectation.problem(made) is None:
                is_odd = expectation.kind is Kind.DATE and OLD_YEAR.search(made)
                found[made] = max(found.get(made, 0.0), weight * (OLD_YEAR_WEIGHT if is_odd else 1.0))
            steps = [(done, sign, INSERTED) for sign in signs]
            if done < len(text):
                symbol = text[done]
                steps.append((done + 1, symbol, 1.0))
                if symbol == "1" and "/" in signs:
                    steps.append((done + 1, "/", SLASH_AS_ONE))
                if not symbol.isdigit():
                    steps += [(done + 1, sign, REPLACED) for sign in signs if sign != symbol]
                    steps.append((done + 1, "", DELETED))
            for now_done, added, factor in steps:
                _follow(following, expectation, (now_done, made, added), (weight * factor, state))
        reached = following
    found.pop(text, None)
    likeliest = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:MOST_REPAIRS]
    total = sum(weight for _, weight in likeliest)
    return {made: weight * weight / total for made, weight in likeliest}


def _follow(
    following: dict[tuple[int, str], tuple[float, int]],
    expectation: Expectation,
    step: tuple[int, str, str],
    reached: tuple[float, int],
) -> None:
    """Note where a step leads, unless it leads nowhere."""
    done, made, added = step
    weight, state = reached
    if weight < LEAST:
        return
    after = expectation.step(state, added) if added else state
    if after is None:
        return
    key = (done, made + added)
    if key not in following or following[key][0] < weight:
        following[key] = (weight, after)
