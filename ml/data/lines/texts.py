"""Choose what a composed line says: single digits, numbers, dates, decimals, times and other things with signs."""

import numpy as np

from ml.types import OTHER_INK

Rng = np.random.Generator

SINGLE_SHARE, SIGN_SHARE = 0.28, 0.40  # of all lines; of the longer ones
LENGTHS = (2, 3, 4, 5, 6, 7, 8, 10, 13, 16)
LENGTH_SHARES = (0.25, 0.22, 0.18, 0.13, 0.08, 0.05, 0.04, 0.03, 0.01, 0.01)
RAISED = "^"  # stands for an exponent of one digit, which is read as OTHER_INK
ONE_SHARE = 0.07  # ones beyond their fair share: there are more ways to write them


def draw_text(rng: Rng) -> str:
    """Return the text of a line: digits, `ml.types.SIGNS`, OTHER_INK and RAISED."""
    if rng.random() < SINGLE_SHARE:
        return str(rng.integers(10)) if rng.random() < 0.88 else str(rng.choice(list("-+%×€$£????")))
    if rng.random() > SIGN_SHARE:
        length = int(rng.choice(LENGTHS, p=LENGTH_SHARES))
        return draw_number(rng, length, length)
    kinds = [(0.16, _date), (0.20, _decimal), (0.14, _signed), (0.06, _sum), (0.09, _percentage), (0.08, _fraction)]
    kinds += [(0.08, _time), (0.07, _bracketed), (0.08, _amount), (0.04, _degrees)]
    kinds += [(0.14, _with_other_ink), (0.05, _power)]
    shares = np.array([share for share, _ in kinds])
    return kinds[int(rng.choice(len(kinds), p=shares / shares.sum()))][1](rng)


def draw_number(rng: Rng, shortest: int, longest: int) -> str:
    """Return digits, sometimes many ones or a run of one digit."""
    length = int(rng.integers(shortest, longest + 1))
    if rng.random() < 0.13:
        few = ["1", str(rng.integers(10))] if rng.random() < 0.6 else [str(one) for one in rng.integers(0, 10, 2)]
        return "".join(few[int(rng.random() < 0.4)] for _ in range(length))
    return "".join("1" if rng.random() < ONE_SHARE else str(one) for one in rng.integers(0, 10, length))


def _date(rng: Rng) -> str:
    separator = str(rng.choice(["/", "-", "."], p=[0.5, 0.25, 0.25]))
    year = draw_number(rng, 2, 2) if rng.random() < 0.6 else draw_number(rng, 4, 4)
    return separator.join([draw_number(rng, 1, 2), draw_number(rng, 1, 2), year])


def _decimal(rng: Rng) -> str:
    point = str(rng.choice([".", ","]))
    if rng.random() < 0.2:  # thousands
        return draw_number(rng, 1, 3) + point + draw_number(rng, 3, 3)
    return draw_number(rng, 1, 3) + point + draw_number(rng, 1, 3)


def _signed(rng: Rng) -> str:
    decimals = str(rng.choice([".", ","])) + draw_number(rng, 1, 2) if rng.random() < 0.2 else ""
    return ("-" if rng.random() < 0.75 else "+") + draw_number(rng, 1, 4) + decimals


def _sum(rng: Rng) -> str:
    return draw_number(rng, 1, 3) + str(rng.choice(["-", "+", "×"])) + draw_number(rng, 1, 3)


def _percentage(rng: Rng) -> str:
    return draw_number(rng, 1, 3) + ("." + draw_number(rng, 1, 1) if rng.random() < 0.15 else "") + "%"


def _fraction(rng: Rng) -> str:
    return draw_number(rng, 1, 2) + "/" + draw_number(rng, 1, 2)


def _time(rng: Rng) -> str:
    places = 3 if rng.random() < 0.15 else 2
    return ":".join([draw_number(rng, 1, 2)] + [draw_number(rng, 2, 2) for _ in range(places - 1)])


def _bracketed(rng: Rng) -> str:
    return "(" + draw_number(rng, 1, 3) + ")" + (draw_number(rng, 1, 3) if rng.random() < 0.2 else "")


def _amount(rng: Rng) -> str:
    currency, number = str(rng.choice(["$", "€", "£"], p=[0.4, 0.35, 0.25])), draw_number(rng, 1, 3)
    if rng.random() < 0.35:
        number += str(rng.choice([".", ","])) + draw_number(rng, 2, 2)
    return currency + number if rng.random() < 0.6 else number + currency


def _degrees(rng: Rng) -> str:
    return ("-" if rng.random() < 0.2 else "") + draw_number(rng, 1, 2) + "°"


def _power(rng: Rng) -> str:
    return draw_number(rng, 1, 3) + RAISED


def _with_other_ink(rng: Rng) -> str:
    symbols = list(draw_number(rng, 1, 5))
    for _ in range(1 if rng.random() < 0.75 else 2):
        place = rng.choice([0, len(symbols), int(rng.integers(len(symbols) + 1))], p=[0.35, 0.4, 0.25])
        symbols.insert(int(place), OTHER_INK)
    return "".join(symbols)
