"""A report as a page or a PDF, made apart: the libraries are large."""

import base64
import json
from importlib.resources import files

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined

from services.metrics.reports import charts
from services.metrics.reports.content import Format, Order, Report

PACKAGE = "services.metrics.reports"


def render(order_as_json: bytes) -> bytes:
    """The page or the PDF of an `Order`; the same bytes for the same report."""
    order = msgspec.json.decode(order_as_json, type=Order)
    report = order.report
    drawn = {
        "services": charts.svg(charts.services(report.dots, report.background)) if report.dots else "",
        "over_time": charts.svg(charts.over_time(report.moments)) if report.moments else "",
    }
    return _page(report, drawn) if order.format == "html" else _document(report, drawn, order.format)


def _page(report: Report, drawn: dict[str, str]) -> bytes:
    environment = Environment(
        loader=PackageLoader(PACKAGE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    images = {
        name: f"data:image/svg+xml;base64,{base64.b64encode(text.encode()).decode()}" if text else ""
        for name, text in drawn.items()
    }
    return environment.get_template("report.html").render(r=report, t=report.words, images=images).encode()


def _document(report: Report, drawn: dict[str, str], format: Format) -> bytes:
    import typst

    source = (files(PACKAGE) / "templates" / "report.typ").read_bytes()
    data = {"data": json.dumps({"r": msgspec.to_builtins(report), "drawn": drawn})}
    if format == "png":
        pictures: bytes | list[bytes] = typst.compile(source, format="png", ppi=80, sys_inputs=data)
        return pictures if isinstance(pictures, bytes) else pictures[0]
    return typst.compile(source, format="pdf", pdf_standards="ua-1", sys_inputs=data, timestamp=report.epoch)
