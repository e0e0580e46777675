"""The languages of mails and pages: gettext catalogues (`*.po`)."""

from babel.support import NullTranslations

from shared import translations as catalogues
from shared.translations import ENGLISH

__all__ = ["ENGLISH", "translations"]


def translations(language: str) -> NullTranslations:
    """The texts of a language; English where there is no catalogue."""
    return catalogues.translations(__name__, language)
