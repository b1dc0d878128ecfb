"""Spoilt copies of the shipped version are refused by the check that they were spoilt for, with the numbers."""

import hashlib
import re
from dataclasses import replace

import numpy as np
import pytest

from ml.artifacts import Artifact, load_shipped, shipped_name
from ml.recognition.reader import Reader
from predictions import comparisons, registry
from predictions.comparisons import promotion_checks
from predictions.models import ModelVersion
from predictions.worker import comparison, model_cache

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.long,  # each reads 740 drawings with two versions, about 10 s
]
NONE = 10  # the class of what is no digit


class Slower(Reader):
    """Read each page as often as the version's card says."""

    def __init__(self, network, card, line_network):
        super().__init__(network, card, line_network)
        self.times = card.get("times", 1)

    def read(self, pages, expectations=None):
        return [super(Slower, self).read(pages, expectations) for _ in range(self.times)][-1]


@pytest.fixture
def live(settings):
    settings.RUNTIME = "litert"
    settings.READER = f"{__name__}.Slower"
    model_cache._loaded = model_cache._other = None
    yield registry.install_shipped()
    model_cache._loaded = model_cache._other = None


def _candidate(change=lambda format_, data: data, **card) -> ModelVersion:
    """Register the shipped version with changed networks and entries of its card."""
    shipped = [one for one in load_shipped() if one.name == shipped_name() and "litert" in one.format]
    changed = [(one.format, change(one.format, one.data)) for one in shipped]
    hashes = {format_: hashlib.sha256(data).hexdigest() for format_, data in changed}
    card = shipped[0].card | {"name": "spoilt", "sha256": hashes} | card
    return registry.register([Artifact("spoilt", name, data, hashes[name], card) for name, data in changed])


def _refusals(candidate: ModelVersion, live: ModelVersion) -> dict[str, str]:
    """Compare, and return the sentences of the checks that refuse the candidate, by their names."""
    comparisons.record(candidate, live, comparison.compare(candidate, live))
    found = comparisons.find(candidate, live)
    assert found
    refused = {check.name: check.objection for check in found.checks if not check.passes}
    assert comparisons.objections(candidate, live, found) == list(refused.values())
    return refused


def _with_biases(change):
    """Return a change of the digit network: of the biases of its eleven classes, which are stored as float32."""

    def changed(format_, data):
        if format_ != "litert":
            return data
        place = _biases_at(data)
        biases = np.frombuffer(data, "<f4", NONE + 1, place).copy()
        change(biases)
        return data[:place] + biases.tobytes() + data[place + biases.nbytes :]

    return changed


def _biases_at(data: bytes) -> int:
    """Return where the biases of the last layer are: the only buffer of that many bytes."""
    size = (4 * (NONE + 1)).to_bytes(4, "little")
    [place] = [
        match.end()
        for match in re.finditer(re.escape(size), data)
        if np.all(np.abs(np.nan_to_num(np.frombuffer(data, "<f4", NONE + 1, match.end()), nan=9)) < 1)
        and np.all(np.abs(np.frombuffer(data, "<f4", NONE + 1, match.end())) > 1e-6)
    ]
    return place


def test_the_same_networks_under_another_name_pass(live):
    assert _refusals(_candidate(times=1), live) == {}


def test_noise_in_the_weights_is_refused(live, tmp_path):
    import keras

    from ml.training.export import export_litert

    rng = np.random.default_rng(1)
    path = tmp_path / "noisy.keras"
    path.write_bytes(next(one.data for one in load_shipped() if one.format == "keras"))
    network = keras.models.load_model(path, compile=False)
    noisy = [weights * rng.normal(1, 0.5, weights.shape) for weights in network.get_weights()]
    network.set_weights(noisy)
    export_litert(network, tmp_path / "noisy.tflite")
    data = (tmp_path / "noisy.tflite").read_bytes()
    refused = _refusals(_candidate(lambda format_, same: data if format_ == "litert" else same), live)
    assert {comparisons.GOLDEN, promotion_checks.DIGITS} <= refused.keys()
    assert re.search(r"reads \d+ of the 500 golden drawings correctly; the live model reads \d+", refused["golden"])


def test_a_wrong_calibration_is_refused(live):
    decoder = live.card["decoder"]
    refused = _refusals(_candidate(decoder=decoder | {"single_offset": decoder["single_offset"] - 4}), live)
    assert refused.keys() == {promotion_checks.CALIBRATION}
    assert re.search(r"Its calibration error on 5\d\d drawings is 0\.\d+; that of the live", refused["calibration"])


def test_a_digit_that_is_read_worse_is_refused(live):
    def lower(biases):
        biases[4] -= 12

    refused = _refusals(_candidate(_with_biases(lower)), live)
    assert "It reads the digit 4 worse" in refused[promotion_checks.DIGITS]


def test_a_version_that_takes_everything_for_a_digit_is_refused(live):
    def lower(biases):
        biases[NONE] -= 30

    decoder = live.card["decoder"] | {"least_sure": 0.0}
    refused = _refusals(_candidate(_with_biases(lower), decoder=decoder), live)
    assert re.search(
        r"calls \d+ of 240 drawings that are no plain numbers sure digits", refused[promotion_checks.REFUSALS]
    )


def test_a_slower_version_is_refused(live):
    refused = _refusals(_candidate(times=2), live)
    assert refused.keys() == {promotion_checks.TIME}
    assert re.search(r"takes \d+\.\d\d ms a drawing, [12]\.\d\d times as long", refused[promotion_checks.TIME])


def test_a_version_that_was_live_may_return_although_it_is_slower(live):
    slow = _candidate(times=2)
    registry.promote(slow, None)
    registry.promote(live, None)
    slow.refresh_from_db()
    comparisons.record(slow, live, comparison.compare(slow, live))
    found = comparisons.find(slow, live)
    assert [check.name for check in found.checks if not check.passes] == [promotion_checks.TIME]
    assert comparisons.objections(slow, live, found) == []
    assert replace(found, measures=None).checks  # what an older worker stored suffices
