"""Scores as Prometheus gauges."""

from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from shared.contracts.metrics import ScoreChanged

WORDS = {
    "score": "Score of a service, 0 to 100; dimension public_value is the mean of the others",
    "score_low": "Lower end of the score's 90 % interval",
    "score_high": "Upper end of the score's 90 % interval",
    "score_coverage": "Share of the dimension's weight that has evidence",
    "score_events": "Events of a service, of all time",
    "scorecard_info": "By which scorecard a service is scored",
}
LABELS = {"score_events": (), "scorecard_info": ("scorecard",)}


class _Scores(Collector):
    def __init__(self, scores: Sequence[ScoreChanged]) -> None:
        self._scores = scores

    def collect(self) -> Iterator[GaugeMetricFamily]:
        found = {
            name: GaugeMetricFamily(
                f"civicloop_{name}", text, labels=("jurisdiction", "service", *LABELS.get(name, ("dimension",)))
            )
            for name, text in WORDS.items()
        }
        for score in self._scores:
            service = (score.jurisdiction_id, score.service_id)
            found["score_events"].add_metric(service, score.events)
            found["scorecard_info"].add_metric((*service, score.scorecard), 1)
            for name, each in {**score.dimensions, "public_value": score.public_value}.items():
                for metric in ("score", "low", "high", "coverage"):
                    figure = getattr(each, metric, None)
                    if figure is not None:
                        family = metric if metric == "score" else f"score_{metric}"
                        found[family].add_metric((*service, name), figure)
        yield from found.values()


def text(scores: Sequence[ScoreChanged]) -> bytes:
    """The exposition format; a figure without evidence has no sample. Names of services are no labels: they change."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Scores(sorted(scores, key=lambda score: score.service_id)))
    return generate_latest(registry)
