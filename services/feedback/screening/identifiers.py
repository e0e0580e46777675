"""Account, card and national numbers, told from other numbers by their check digits (python-stdnum).

A number whose form says little, such as nine digits, is taken for one only where a word before it says so.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from stdnum import iban, luhn
from stdnum.at import vnr as at_vnr
from stdnum.be import nn as be_nn
from stdnum.br import cpf as br_cpf
from stdnum.ch import ssn as ch_ssn
from stdnum.de import idnr as de_idnr
from stdnum.es import nie as es_nie
from stdnum.es import nif as es_nif
from stdnum.fr import nir as fr_nir
from stdnum.it import codicefiscale as it_cf
from stdnum.nl import bsn as nl_bsn
from stdnum.pl import pesel as pl_pesel
from stdnum.pt import nif as pt_nif
from stdnum.us import ssn as us_ssn

REACH = 40
"""Within so many characters before a number a word can say what it is."""


class Kind(NamedTuple):
    """A form of number; with `word`, only after a word that it matches. `valid` checks digits."""

    mark: str
    form: re.Pattern[str]
    valid: Callable[[str], bool]
    word: re.Pattern[str] | None = None


CARD_ISSUERS = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3[068]\d{12}|6(?:011|5\d\d)\d{12}"
)
ACCOUNT = re.compile(r"(?<![\w/.-])[A-Z]{2}\d\d(?:[ -]?[A-Z0-9]){11,30}", re.IGNORECASE)
WORD_ENDS = re.compile(r"(?<=\w)(?!\w)")


def _is_card(number: str) -> bool:
    digits = re.sub(r"\D", "", number)
    return CARD_ISSUERS.fullmatch(digits) is not None and len(set(digits)) > 1 and luhn.is_valid(digits)


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w/.-]){pattern}(?![\w/-])(?!\.\d)", re.IGNORECASE)


def _words(*words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)", re.IGNORECASE)


KINDS = (
    Kind("card", _form(r"\d{4}[ -]?(?:\d{4}[ -]?\d{4}[ -]?\d{1,7}|\d{6}[ -]?\d{4,5})"), _is_card),
    Kind("id", _form(r"[12]\s?\d\d\s?[0-9]\d\s?\d[\dAB]\s?\d{3}\s?\d{3}\s?\d\d"), fr_nir.is_valid),
    Kind("id", _form(r"\d{3}-\d\d-\d{4}"), us_ssn.is_valid),
    Kind("id", _form(r"\d{3}\.\d{3}\.\d{3}-\d\d"), br_cpf.is_valid),
    Kind("id", _form(r"756\.?\d{4}\.?\d{4}\.?\d\d"), ch_ssn.is_valid),
    Kind("id", _form(r"\d\d\.\d\d\.\d\d-\d{3}\.\d\d"), be_nn.is_valid),
    Kind("id", _form(r"\d{1,2}\.?\d{3}\.?\d{3}[- ]?[A-HJ-NP-TV-Z]"), es_nif.is_valid),
    Kind("id", _form(r"[XYZ][- ]?\d{7}[- ]?[A-Z]"), es_nie.is_valid),
    Kind("id", _form(r"[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z]"), it_cf.is_valid),
    Kind("id", _form(r"(?![DFIQUV])[A-CEGHJ-PR-TW-Z](?![DFIOQUV])[A-Z]\s?\d\d\s?\d\d\s?\d\d\s?[A-D]"), bool),
    Kind("id", _form(r"\d{3}[ -]?\d\d[ -]?\d{4}"), us_ssn.is_valid, _words("ssn", r"social\s+security(?:\s+n\w*)?")),
    Kind("id", _form(r"\d{3}\.?\d{3}\.?\d{3}-?\d\d"), br_cpf.is_valid, _words("cpf")),
    Kind("id", _form(r"\d{3}[ .]?\d{3}[ .]?\d{3}"), pt_nif.is_valid, _words("nif", "contribuinte", "número fiscal")),
    Kind(
        "id",
        _form(r"\d{2}\s?\d{3}\s?\d{3}\s?\d{3}"),
        de_idnr.is_valid,
        _words("steuer[- ]?id", r"steuer(?:identifikations)?nummer", "idnr", "identifikationsnummer", "tin"),
    ),
    Kind("id", _form(r"\d{4}\s?\d{6}"), at_vnr.is_valid, _words("svnr", r"sozialversicherungs\w+", "sv-nummer")),
    Kind("id", _form(r"\d{9}"), nl_bsn.is_valid, _words("bsn", "burgerservicenummer")),
    Kind("id", _form(r"\d{11}"), pl_pesel.is_valid, _words("pesel")),
    Kind("id", _form(r"\d{2}\s?\d{6}\s?[A-Z]\s?\d{3}"), bool, _words(r"(?:sozial|renten)versicherungs\w+")),
    Kind(
        "id",
        _form(r"[A-Z0-9]{6,9}"),
        lambda number: any(character.isdigit() for character in number),
        _words(r"passport(?:\s+n\w*)?", "pasaporte", "passaporte", r"(?:reise)?pass(?:nummer)?", "passeport"),
    ),
)


def identifiers(text: str) -> Iterator[tuple[int, int, str]]:
    """Where each is, and which mark stands for it. No two overlap."""
    taken: list[tuple[int, int]] = []
    for start, end, mark in _candidates(text):
        if all(end <= first or start >= last for first, last in taken):
            taken.append((start, end))
            yield start, end, mark


def _candidates(text: str) -> Iterator[tuple[int, int, str]]:
    yield from _accounts(text)
    for kind in KINDS:
        if kind.word is None or kind.word.search(text):
            for match in kind.form.finditer(text):
                if _is(kind, match, text):
                    yield match.start(), match.end(), kind.mark


def _accounts(text: str) -> Iterator[tuple[int, int, str]]:
    """Words may follow an IBAN that is written in groups: it is the longest part that has the right check digits."""
    for match in ACCOUNT.finditer(text):
        ends = [match.start() + end.start() for end in WORD_ENDS.finditer(match[0])]
        for end in reversed(ends):
            if iban.is_valid(text[match.start() : end]):
                yield match.start(), end, "account"
                break


def _is(kind: Kind, match: re.Match[str], text: str) -> bool:
    before = text[max(0, match.start() - REACH) : match.start()]
    return (kind.word is None or kind.word.search(before) is not None) and kind.valid(match[0])
