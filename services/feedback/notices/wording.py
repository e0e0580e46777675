"""Templates of mails and pages, in the reader's language."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from services.feedback.notices.languages import translations


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("services.feedback.notices"),
        extensions=["jinja2.ext.i18n"],
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    return environment


def render(template: str, language: str, **values: Any) -> str:
    """A template with its values; in `.html` ones they are escaped."""
    return _environment(language).get_template(template).render(language=language, **values)
