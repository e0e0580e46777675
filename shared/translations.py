"""gettext catalogues (`<language>.po`), read as they are from the package that keeps them."""

import io
from functools import cache
from importlib.resources import files

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

ENGLISH = "en"


@cache
def translations(package: str, language: str) -> NullTranslations:
    """The texts of a language; English, in which they are written, where there is no catalogue."""
    source = files(package) / f"{language}.po"
    if language == ENGLISH or not source.is_file():
        return NullTranslations()
    compiled = io.BytesIO()
    with source.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Translations(compiled)
