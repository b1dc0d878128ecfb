"""Read what is answered to Prometheus."""

from prometheus_client.parser import text_string_to_metric_families

Sample = tuple[str, frozenset[tuple[str, str]]]


def parse(text: str) -> dict[Sample, float]:
    """Return each sample by its name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def total(samples: dict[Sample, float], name: str, **labels: str) -> float:
    """Return the sum of the samples of a name that have these labels. Fails if there are none."""
    found = [value for (key, given), value in samples.items() if key == name and labels.items() <= dict(given).items()]
    assert found, f"no {name} with {labels}"
    return sum(found)


def label_values(samples: dict[Sample, float]) -> set[str]:
    """Return all values of labels."""
    return {value for _, labels in samples for _, value in labels}
