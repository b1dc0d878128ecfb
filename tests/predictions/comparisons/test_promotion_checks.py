"""Each check before promotion: what passes, what does not, and with which numbers."""

from dataclasses import replace

import pytest

from predictions.comparisons import GOLDEN, REVIEWED, Findings, Measures, Tally, promotion_checks
from predictions.comparisons.measures import CalibrationErrors, DigitTally, ReadingTimes
from tests.factories import make_measures

ALIKE = {GOLDEN: Tally(500, 500), REVIEWED: Tally(20, 20)}


def _objections(measures: Measures) -> dict[str, str]:
    return {check.name: check.objection for check in promotion_checks.judge(ALIKE, measures) if not check.passes}


def _of_seven(golden: Tally, reviewed: Tally) -> Measures:
    alike = make_measures()
    return replace(alike, digits={**alike.digits, "7": DigitTally(golden, reviewed)})


def test_versions_that_read_alike_pass_all_six_checks():
    found = promotion_checks.judge(ALIKE, make_measures())
    assert [check.name for check in found] == list(promotion_checks.NAMES)
    assert all(check.passes for check in found)


@pytest.mark.parametrize(
    ("golden", "reviewed", "passes"),
    [
        (Tally(50, 50), Tally(9, 9), True),
        (Tally(50, 49, lost=1), Tally(9, 9), False),  # one golden drawing, though another digit may have won one
        (Tally(50, 48, lost=1, won=1), Tally(9, 9), True),
        (Tally(50, 50), Tally(99, 90, lost=7), True),  # a chance of 1/128: one of ten digits will
        (Tally(50, 50), Tally(99, 90, lost=8), False),
        (Tally(50, 49, won=1), Tally(99, 90, lost=8), True),
    ],
)
def test_no_digit_may_be_read_worse(golden, reviewed, passes):
    assert ("digits" not in _objections(_of_seven(golden, reviewed))) == passes


def test_the_objection_names_the_digit_and_the_numbers():
    found = _objections(_of_seven(Tally(50, 50), Tally(99, 86, lost=12, won=1)))
    assert found["digits"].startswith("It reads the digit 7 worse: 137 of 149 drawings with it correctly")
    assert "reads 148" in found["digits"] and "alone reads 12" in found["digits"] and "0.0017" in found["digits"]


@pytest.mark.parametrize(
    ("candidate", "noise", "passes"), [(0.022, 0.001, True), (0.025, 0.001, False), (0.025, 0.002, True)]
)
def test_calibration_may_be_worse_by_the_tolerance_and_by_noise(candidate, noise, passes):
    found = _objections(make_measures(calibration=CalibrationErrors(520, candidate, 0.012, noise)))
    assert ("calibration" not in found) == passes
    if not passes:
        assert (
            "0.0250" in found["calibration"] and "0.0120" in found["calibration"] and "0.0120:" in found["calibration"]
        )


@pytest.mark.parametrize(("lost", "won", "passes"), [(4, 0, True), (5, 0, False), (5, 3, True)])
def test_no_digits_may_not_be_called_sure_digits(lost, won, passes):
    found = _objections(make_measures(refusals=Tally(240, 230, lost=lost, won=won)))
    assert ("refusals" not in found) == passes
    if not passes:
        assert "calls 10 of 240" in found["refusals"] and "the live model 5" in found["refusals"]


@pytest.mark.parametrize(("ratio", "passes"), [(1.25, True), (1.26, False)])
def test_reading_may_take_a_quarter_longer(ratio, passes):
    found = _objections(make_measures(times=ReadingTimes(100, 2.0 * ratio, 2.0, ratio)))
    assert ("time" not in found) == passes
    if not passes:
        assert "takes 2.52 ms a drawing, 1.26 times as long" in found["time"]


def test_a_rival_that_cannot_be_used_leaves_nothing_to_compare_with():
    measures = make_measures(
        calibration=CalibrationErrors(0, None, None),
        times=ReadingTimes(0, None, None, None),
        refusals=Tally(240, won=238),
    )
    assert _objections(measures) == {}


def test_measures_are_stored_and_turned():
    measures = make_measures(
        refusals=Tally(240, 230, lost=3, won=1),
        calibration=CalibrationErrors(9, 0.2, 0.1, 0.01),
        times=ReadingTimes(9, 4.0, 2.0, 2.0),
        is_unseen_only=True,
    )
    assert Measures.from_dict(measures.as_dict()) == measures
    turned = measures.turned()
    assert (turned.refusals.lost, turned.calibration.candidate, turned.times) == (
        1,
        0.1,
        ReadingTimes(9, 2.0, 4.0, 0.5),
    )
    assert turned.turned() == measures


def test_what_an_older_worker_compared_has_two_checks():
    assert [check.name for check in Findings(ALIKE, Measures.from_dict({})).checks] == [GOLDEN, REVIEWED]


def test_the_check_says_that_only_drawings_count_that_no_version_is_trained_with():
    reviewed = promotion_checks.judge(ALIKE, make_measures(is_unseen_only=True))[1]
    assert "never trained with" in reviewed.limit
