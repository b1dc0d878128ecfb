"""Decoding: which texts a line may hold, weighed by what people write or by what is expected."""

import numpy as np
import pytest

from ml.expects import parse_expectation
from ml.recognition.decoder import (
    CODES,
    MAX_CANDIDATES,
    PLAUSIBLE,
    Prior,
    codes_of,
    digits_of,
    find_texts,
    rank,
    spell,
    symbol_alternatives,
    written_of,
)
from ml.recognition.line_recognizer import ALPHABET, BLANK, OUTPUTS

NOTHING = 1e-9


def frames_of(*symbols):
    """Return frames with a blank after each symbol; a symbol is one, or the probabilities of several."""
    found = np.full((2 * len(symbols) + 1, OUTPUTS), NOTHING)
    found[:, BLANK] = 1
    for place, chances in enumerate(symbols):
        row = found[2 * place]
        for symbol, chance in ({chances: 0.999} if isinstance(chances, str) else chances).items():
            row[CODES[symbol]] = chance
        row[BLANK] = max(1 - row[1:].sum(), NOTHING)
    return found / found.sum(axis=1, keepdims=True)


def decode(*symbols, expects=None):
    """Return the candidates, the likeliest first."""
    expectation = parse_expectation(expects) if expects else None
    return rank(find_texts(frames_of(*symbols), expectation), Prior(expectation))


NUMBERS = "7 1234 -7 +12 3.14 1,5 1.000,50 28/08/42 1-2-99 20:15:03 20% $5 5€ £3.50 -$5 21° (12) (030)1234 12×3 1/2"


@pytest.mark.parametrize("text", [*NUMBERS.split(), "%", "?", "12?", "?5", "#", "12#"])
def test_what_people_write_is_plausible(text):
    assert PLAUSIBLE.fullmatch(text) and Prior().weight(text) == 1


@pytest.mark.parametrize("text", ["1//2", "/1", "1/", "(12", "12)", ".5.", "1..2", "%%", "5%5", "1(", ",", "°5", ":"])
def test_what_nobody_writes_is_implausible(text):
    assert not PLAUSIBLE.fullmatch(text) and Prior().weight(text) < 0.1


def test_the_likeliest_text_comes_first_with_its_probability():
    best, second, *_ = decode("4", {"1": 0.7, "7": 0.29})
    assert (best.text, second.text) == ("41", "47")
    assert best.probability == pytest.approx(0.7, abs=0.02) and second.probability == pytest.approx(0.29, abs=0.02)
    assert best.fits and second.fits


def test_a_text_that_is_sure_is_the_only_one():
    assert list(find_texts(frames_of("4", "2"))) == ["42"]


def test_a_line_without_symbols_has_no_texts():
    assert find_texts(np.eye(OUTPUTS)[[BLANK] * 4]) == {}
    assert rank({}, Prior()) == []


def test_a_slash_that_nothing_stands_behind_is_read_as_a_one():
    best, *others = decode("2", {"/": 0.9, "1": 0.08})
    assert best.text == "21" and "2/" in {one.text for one in others}
    assert decode("2", {"/": 0.9, "1": 0.08}, "3")[0].text == "2/3"


def test_brackets_come_in_pairs():
    assert decode({"(": 0.8, "1": 0.19}, "5")[0].text == "15"
    assert decode({"(": 0.8, "1": 0.19}, "5", {")": 0.8, "1": 0.19})[0].text == "(5)"


def test_a_sure_text_that_nobody_writes_is_kept():
    assert decode("2", {"/": 0.9999})[0].text == "2/"


def test_expected_digits_win_over_likelier_signs():
    slash_or_one = {"/": 0.9, "1": 0.09}
    assert decode("2", slash_or_one, "3")[0].text == "2/3"
    best = decode("2", slash_or_one, "3", expects={"kind": "digits", "length": 3})[0]
    assert best.text == "213" and best.fits and best.probability > 0.6


def test_what_breaks_the_expectation_is_told_and_not_bent():
    best = decode("3", "1", "/", "0", "2", expects={"kind": "digits", "length": 5})[0]
    assert best.text == "31/02" and not best.fits


def test_a_value_out_of_range_is_not_bent():
    best = decode("9", "9", expects={"kind": "digits", "max": 31})[0]
    assert best.text == "99" and not best.fits


def test_limits_decide_between_texts_that_are_nearly_as_likely():
    assert decode({"7": 0.6, "1": 0.39}, "2", expects={"kind": "digits", "max": 31})[0].text == "12"


def test_check_digits_decide_between_texts_that_are_nearly_as_likely():
    checked = {"kind": "digits", "check": "luhn"}
    assert decode("7", "9", {"4": 0.6, "6": 0.39}, "3")[0].text == "7943"
    assert decode("7", "9", {"4": 0.6, "6": 0.39}, "3", expects=checked)[0].text == "7963"


def test_dates_are_read_with_their_separators():
    best = decode("2", "8", {"1": 0.7, "/": 0.2}, "0", "8", {"1": 0.7, "/": 0.2}, "4", "2", expects="date")[0]
    assert best.text == "28/08/42" and best.fits


def test_probabilities_of_candidates_sum_to_at_most_one():
    candidates = decode(*[{"1": 0.4, "7": 0.3, "4": 0.2}] * 5)
    assert len(candidates) == MAX_CANDIDATES
    assert 0 < sum(one.probability for one in candidates) <= 1
    assert [one.probability for one in candidates] == sorted((one.probability for one in candidates), reverse=True)


def test_unknown_texts_keep_what_is_left():
    (only,) = rank({"12": 0.5}, Prior())
    assert 0.9 < only.probability < 1


def test_alternatives_are_the_probabilities_of_each_symbol():
    alternatives = symbol_alternatives(frames_of("4", "4", {"2": 0.6, "3": 0.3}), "442", [0, 2, 4])
    assert alternatives.shape == (3, len(ALPHABET)) and alternatives.sum(axis=1) == pytest.approx(1, abs=1e-3)
    assert [ALPHABET[code] for code in alternatives.argmax(axis=1)] == ["4", "4", "2"]
    assert alternatives[2, 2] == pytest.approx(2 * alternatives[2, 3], rel=0.01)


def test_a_symbol_is_no_alternative_far_from_where_it_was_seen():
    alternatives = symbol_alternatives(frames_of("4", {"1": 0.9, "7": 0.09}), "41", [0, 2])
    assert alternatives[1, 7] == pytest.approx(0.09, abs=0.01) and alternatives[0, 7] < 1e-4 < 0.99 < alternatives[0, 4]


def test_texts_and_codes_convert_both_ways():
    assert spell(codes_of(ALPHABET)) == ALPHABET and BLANK not in codes_of(ALPHABET)
    assert codes_of("0") == (1,)


def test_digits_of_a_text_leave_out_signs_and_other_ink():
    assert digits_of("-1.5?#2") == "152"


def test_struck_digits_in_a_row_are_one_crossing_out():
    assert written_of("12###4#") == "12#4#"
