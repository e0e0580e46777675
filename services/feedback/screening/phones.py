"""Telephone numbers, as Google's library knows them (phonenumbers).

One that begins with + is a number of whatever country. Others are numbers where they are grouped as people of one
of these regions group them, or begin with their trunk prefix; digits without any grouping only after a word such as
"call", since the numbers of cases, meters and permits look the same.
"""

import re
from collections.abc import Iterator

from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, format_number, is_valid_number, parse

REGIONS = (
    "US", "GB", "ES", "MX", "CO", "AR", "PT", "BR", "DE", "AT", "CH", "FR", "BE", "IT", "NL",
)  # fmt: skip
"""The regions of the languages that texts are screened in."""

CANDIDATE = re.compile(
    r"(?<![\w/#.-])(?<![.,]\d)(?:\+|\(\+?|00)?\d(?:(?![ ]{2})[ ().\-/\u00a0\u2010-\u2015]{0,3}\d){6,14}"
    r"(?![\w/#])(?!-\d)(?![.,]\d)(?:\s?(?:x|ext\.?)\s?\d{1,6})?",
    re.IGNORECASE,
)
DIGITS = re.compile(r"\d+")
WORDS = re.compile(
    r"(?<!\w)(?:(?P<call>call(?:ed|s|ing)?|phone|telephone|tel|cell|mobile|text|sms|whats\s?app|fax|contact"
    r"|tel[eé]fono|llam\w+|m[oó]vil|celular|telefone|telem[oó]vel|ligar|ligue|contacto|contato"
    r"|telefon\w*|handy\w*|mobil\w*|ruf\w*|anruf\w*|erreichbar"
    r"|t[eé]l[eé]phone|t[eé]l|portable|appel\w*|joindre)"
    r"|case|ticket|request|order|permit|meter|account|caso|solicitud|pedido|processo|protocolo|fall|vorgang"
    r"|aktenzeichen|dossier|demande|ref|reference|id|nr|no)(?!\w)",
    re.IGNORECASE,
)
"""Words that say what a number is; the last one before it counts."""

REACH = 40
MOST = 30
FEWEST_DIGITS = 9
"""Of a number that no word announces."""


def phones(text: str) -> Iterator[tuple[int, int]]:
    """Where each is. In a text that is full of them, whatever looks like one is taken for one: to ask costs time."""
    for number, match in enumerate(CANDIDATE.finditer(text)):
        if number >= MOST or _is_phone(match[0].strip(), _called(text, match.start())):
            yield match.start(), match.end()


def _called(text: str, at: int) -> bool:
    words = list(WORDS.finditer(text, max(0, at - REACH), at))
    return bool(words) and words[-1]["call"] is not None


def _is_phone(written: str, called: bool) -> bool:
    if written.startswith(("+", "(+", "00")):
        return _number("+" + written.lstrip("(+0"), None) is not None
    grouped = not written.isdigit()
    if not called and (sum(map(str.isdigit, written)) < FEWEST_DIGITS or not (grouped or written[0] == "0")):
        return False
    numbers = (number for region in REGIONS if (number := _number(written, region)))
    return any(called or not grouped or _fits(written, number) for number in numbers)


def _number(written: str, region: str | None) -> PhoneNumber | None:
    try:
        number = parse(written, region)
    except NumberParseException:
        return None
    return number if is_valid_number(number) else None


def _fits(written: str, number: PhoneNumber) -> bool:
    """Whether it is grouped as the region's people do: what stands at the end of the number has the same length."""
    usual = DIGITS.findall(format_number(number, PhoneNumberFormat.NATIONAL))
    given = DIGITS.findall(written)
    return given == usual or (written[0] in "0(" and "".join(given).endswith("".join(usual)[1:]))
