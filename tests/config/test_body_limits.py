"""How long a body may be is told by its path and Content-Length, before any of it is kept."""

import pytest

from config.connections.arrival import Arrival, BodyLimits, Stage

LIMITS = BodyLimits(api_bytes=33_000_000, files_bytes=25_000_000)


def arrive(path, length):
    """Return the head of a request of so many bytes, as it arrives."""
    return Arrival(LIMITS, f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())


@pytest.mark.parametrize(
    ("path", "length", "stage"),
    [
        ("/sheets/new/", 24_900_000, Stage.BODY),  # photographs in a form, without JavaScript
        ("/sheets/new/", 25_100_000, Stage.BODY_TOO_LONG),
        ("/sheetsandmore/", 2_600_000, Stage.BODY_TOO_LONG),
        ("/history/?from=/sheets/", 2_600_000, Stage.BODY_TOO_LONG),
        ("/history/", 2_400_000, Stage.BODY),
        ("/api/v1/sheets/", 32_900_000, Stage.BODY),
    ],
)
def test_forms_below_sheets_take_files_and_others_do_not(path, length, stage):
    assert arrive(path, length).stage is stage


def test_a_longer_body_for_the_api_is_not_waited_for_but_refused_by_it():
    arrival = arrive("/api/v1/sheets/", 33_100_000)
    assert (arrival.stage, arrival.is_without_body) == (Stage.COMPLETE, True)
