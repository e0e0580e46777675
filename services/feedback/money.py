"""Currencies by their codes of ISO 4217. Amounts are whole numbers of the minor unit: cents of EUR, yen of JPY."""

from typing import Annotated

import iso4217
from pydantic import AfterValidator, WithJsonSchema

DIGITS: dict[str, int] = {
    currency.code: currency.exponent for currency in iso4217.Currency if currency.exponent is not None
}
"""How many digits of an amount stand behind the point. Gold, test codes and the like have no minor unit."""


def _known(code: str) -> str:
    if code not in DIGITS:
        raise ValueError("is no currency of ISO 4217 in use")
    return code


Currency = Annotated[str, AfterValidator(_known), WithJsonSchema({"type": "string", "enum": sorted(DIGITS)})]
"""A currency in use that money can be given in."""
