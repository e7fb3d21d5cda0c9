"""Reads metrics as CloudWatch does: the embedded metric format, from its specification and by no code of Powertools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NAMESPACE = "Sosie"


class Metric(NamedTuple):
    """One value of one metric, with the dimensions it can be looked up by."""

    name: str
    dimensions: dict[str, str]
    value: float


def metrics_of(lines: Iterable[dict[str, Any]]) -> Iterator[Metric]:
    """Yield what CloudWatch makes of printed lines; lines without `_aws` are log lines to it."""
    for line in lines:
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", ()):
            assert directive["Namespace"] == NAMESPACE
            for names in directive["Dimensions"]:
                dimensions = {name: line[name] for name in names}
                for metric in directive["Metrics"]:
                    values = line[metric["Name"]]
                    assert metric["Unit"] == "Count"
                    for value in values if isinstance(values, list) else [values]:
                        yield Metric(metric["Name"], dimensions, value)


def sums(lines: Iterable[dict[str, Any]]) -> dict[str, float]:
    """Return each metric's sum, under a name such as `Refusals service=api diagnosis=UNKNOWN_ROUTE`."""
    found: dict[str, float] = {}
    for metric in metrics_of(lines):
        dimensions = sorted(metric.dimensions.items(), reverse=True)
        named = " ".join([metric.name, *(f"{name}={value}" for name, value in dimensions)])
        found[named] = found.get(named, 0) + metric.value
    return found
