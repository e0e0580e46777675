"""Charts as Vega-Lite, drawn as SVG without a network. Data stands in values alone: no text of it is an expression."""

from collections.abc import Sequence
from typing import Any

from services.metrics.reports.content import Dot, Moment

VERSION = "v5.21"
COLOURS = ["#1d4b73", "#b1450f", "#4a7a1e", "#7a2a7a"]
"""At least 4.5 to 1 on white; lines are dashed differently, too."""
CONFIG = {
    "font": "Libertinus Serif, Georgia, serif",
    "axis": {
        "labelFontSize": 13, "titleFontSize": 13, "labelColor": "#222222", "labelLimit": 190, "titleFontWeight": 400,
    },
    "legend": {"labelFontSize": 13, "orient": "bottom", "title": None, "columns": 2, "symbolSize": 600},
    "view": {"stroke": None},
}  # fmt: skip
Spec = dict[str, Any]
SCALE = {"domain": [0, 100]}


def services(dots: Sequence[Dot], colour: str) -> Spec:
    """Public value of services: a dot on the line of its interval."""
    order = {"field": "name", "type": "nominal", "sort": None, "title": None}
    return {
        "data": {"values": [{"name": d.name, "score": d.score, "low": d.low, "high": d.high} for d in dots]},
        "width": 340,
        "height": {"step": 26},
        "layer": [
            {
                "mark": {"type": "rule", "size": 3, "color": colour},
                "encoding": {
                    "y": order,
                    "x": {
                        "field": "low",
                        "type": "quantitative",
                        "scale": SCALE,
                        "title": None,
                        "axis": {"tickCount": 5},
                    },
                    "x2": {"field": "high"},
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 90, "color": colour, "opacity": 1},
                "encoding": {"y": order, "x": {"field": "score", "type": "quantitative"}},
            },
        ],
        "config": CONFIG,
    }


def over_time(moments: Sequence[Moment]) -> Spec:
    """The city's scores by day, each a line in the band of its interval."""
    names = list(dict.fromkeys(each.name for each in moments))
    day = {"field": "day", "type": "temporal", "title": None, "axis": {"format": "%Y-%m", "labelAngle": -45}}
    colour = {"field": "name", "type": "nominal", "scale": {"domain": names, "range": COLOURS[: len(names)]}}
    line = {"symbolType": "stroke", "symbolOpacity": 1, "symbolStrokeWidth": 2.5, "symbolFillColor": "transparent"}
    return {
        "data": {
            "values": [{"day": m.day, "name": m.name, "score": m.score, "low": m.low, "high": m.high} for m in moments]
        },
        "width": 430,
        "height": 240,
        "layer": [
            {
                "mark": {"type": "area", "opacity": 0.12},
                "encoding": {
                    "x": day,
                    "y": {"field": "low", "type": "quantitative", "scale": SCALE, "title": None},
                    "y2": {"field": "high"},
                    "fill": {**colour, "legend": None},
                },
            },
            {
                "mark": {"type": "line", "strokeWidth": 2.5, "point": {"size": 40}},
                "encoding": {
                    "x": day,
                    "y": {"field": "score", "type": "quantitative"},
                    "color": {**colour, "legend": line},
                    "strokeDash": {"field": "name", "type": "nominal", "scale": {"domain": names}, "legend": line},
                },
            },
        ],
        "config": CONFIG,
    }


def svg(spec: Spec) -> str:
    """The chart; it must not load anything."""
    import vl_convert

    drawn: str = vl_convert.vegalite_to_svg(spec, vl_version=VERSION, allowed_base_urls=[])
    return drawn
