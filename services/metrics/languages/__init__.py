"""The languages of badges and reports: gettext catalogues (`*.po`)."""

from collections.abc import Sequence
from importlib.resources import files

from babel.support import NullTranslations

from shared import translations as catalogues
from shared.translations import ENGLISH


def translations(language: str) -> NullTranslations:
    """The texts of a language; English where there is no catalogue."""
    return catalogues.translations(__name__, language)


def spoken(*wanted: str | None, city: Sequence[str]) -> str:
    """The first language that there are texts in: of those wanted, then of the city's; else English."""
    for each in (*wanted, *city):
        language = (each or "").split("-")[0].lower()
        if language == ENGLISH or (language.isalpha() and (files(__name__) / f"{language}.po").is_file()):
            return language
    return ENGLISH
