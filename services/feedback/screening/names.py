"""Names of people, where the text itself says that one follows: a title, an introduction, the end of a letter.

Without such words nothing tells a name from that of a street, a school or a service, which are to stay readable: so a
name beside a word for a place is left alone as well.
"""

import re
from collections.abc import Iterator

from services.feedback.screening import name_words as words

AROUND = ".,;:!?()[]\"'„“”«»–-"
SPACE = r"[ \t\u00a0]"
ENDS = rf"(?:{'|'.join(sorted(words.LOWER_ENDS))})(?!\w)"
OF = "(?:de|du|des|del|do|da|dos|das|di|van|von|of|der|dem|la|le|the)"
LINE = rf"(?:(?<=[\n.!?,;)]){SPACE}{{0,3}}|(?<=  )|^{SPACE}{{0,3}})"

WORD = re.compile(r"['’]t(?!\w)|[^\W\d_]+(?:['’-][^\W\d_]+)*")
LOWER_WORDS = rf"[^\W\d_]{{2,}}(?:{SPACE}(?!{ENDS})[^\W\d_]{{2,}})?"
LOWER_NAME = re.compile(rf"({LOWER_WORDS})(?={SPACE}?(?:[.,;!?)\n]|$)|{SPACE}{ENDS})")
GAP = re.compile(rf"\.?{SPACE}")
POSSESSIVE = re.compile(r"['’]s$")
HOUSE_NUMBER = re.compile(rf",?{SPACE}(?:n\.?º ?)?\d{{1,4}}(?![\d-])")
ENDS_LINE = re.compile(rf"{SPACE}?(?:[.,]?{SPACE}{{0,3}}(?:\r?\n|$)|{SPACE}{{2}})")
NEXT_WORD = re.compile(rf"{SPACE}{{1,2}}([^\W\d_]+)")
LAST_WORD = re.compile(rf"(?:^|(?<=[\s(]))([^\s(]+){SPACE}$")
PLACE_BEFORE = re.compile(rf"([^\W\d_]+)[./]?\s+(?:{OF}\s+|l['’]){{0,2}}$", re.IGNORECASE)

TITLE = re.compile(rf"(?<![\w.'’-])({words.TITLES})(?:\.{SPACE}{{0,2}}|{SPACE}{{1,2}})(?=[^\W\d_])")
MORE_TITLES = re.compile(rf"(?:(?:{words.TITLES})\.?{SPACE}{{1,2}}|(?:med|jur|ing|h|c)\.{SPACE}{{0,2}}){{1,4}}")
INTRODUCTION = re.compile(rf"(?<!\w)(?:{words.INTRODUCTIONS}){SPACE}{{1,3}}", re.IGNORECASE)
BEING = re.compile(rf"(?<!\w)(?:{words.BEING}){SPACE}{{1,2}}")
CLOSING = re.compile(rf"{LINE}(?:{words.CLOSINGS}){SPACE}{{0,3}}[,.!:;–-]{{0,3}}\s{{1,9}}", re.IGNORECASE)
SET_APART = rf"(?:{SPACE}{{0,3}}[,.!]{{0,3}}{SPACE}{{0,3}}\r?\n|[.!,]?{SPACE}{{2}})\s{{0,9}}"
THANKS = re.compile(rf"{LINE}(?:{words.THANKS}){SET_APART}", re.IGNORECASE)

REACH = 40
"""So many characters before a title can say that it is none."""

MOST = 4
"""Words of a name, beside particles and initials."""

MOST_PARTS = 12


def names(text: str) -> Iterator[tuple[int, int]]:
    """Where each is, from left to right; no two overlap."""
    ended = 0
    for start, end in sorted(_announced(text)):
        if start >= ended:
            yield start, end
            ended = end


def _announced(text: str) -> Iterator[tuple[int, int]]:
    """A text without a word that announces a name costs no more than looking at its words."""
    said = {word.strip(AROUND) for word in text.lower().split()}
    if not said.isdisjoint(words.TITLE_WORDS):
        yield from _titled(text)
    if not said.isdisjoint(words.INTRODUCTION_WORDS):
        yield from _introduced(text)
    if not said.isdisjoint(words.BEING_WORDS):
        yield from _said_to_be(text)
    if not said.isdisjoint(words.CLOSING_WORDS):
        yield from _signed(text, CLOSING, 1)
    if not said.isdisjoint(words.THANKS_WORDS):
        yield from _signed(text, THANKS, 2)


def _titled(text: str) -> Iterator[tuple[int, int]]:
    for match in TITLE.finditer(text):
        if _is_title(text, match):
            most = 1 if len(match[1]) > 1 and match[1].isupper() else 3
            place = _name(text, match.end(), most)
            if place is not None and not HOUSE_NUMBER.match(text, place[1]):
                yield place


def _is_title(text: str, match: re.Match[str]) -> bool:
    before, title = text[max(0, match.start() - REACH) : match.start()], match[1].lower()
    place = PLACE_BEFORE.search(before)
    if place is not None and (place[1].lower() in words.PLACES_BEFORE or _is_place(place[1])):
        return False
    last = LAST_WORD.search(before)
    if last is None:
        return True
    word = last[1]
    if word.lower() in words.OURS or (title in words.WIVES and word.lower() in words.NO_WIVES_AFTER):
        return False
    if title not in words.ALSO_OTHERWISE or word.lower() in words.SALUTATIONS or word[-1] in ",:;!?":
        return True
    return not (word[0].isupper() or word[0].isdigit())


def _introduced(text: str) -> Iterator[tuple[int, int]]:
    for match in INTRODUCTION.finditer(text):
        place = _name(text, match.end(), surely=True) or _lower_name(text, match.end())
        if place is not None:
            yield place


def _said_to_be(text: str) -> Iterator[tuple[int, int]]:
    for match in BEING.finditer(text):
        place = _name(text, match.end(), fewest=2)
        if place is not None and words.NOT_TO_BE.isdisjoint(text[slice(*place)].lower().split()):
            following = NEXT_WORD.match(text, place[1])
            if following is None or following[1].lower() in words.AFTER_BEING:
                yield place


def _signed(text: str, closing: re.Pattern[str], fewest: int) -> Iterator[tuple[int, int]]:
    """The name is alone on its line, or what follows it is set apart."""
    for match in closing.finditer(text):
        place = _name(text, match.end(), fewest=fewest)
        if place is not None and ENDS_LINE.match(text, place[1]):
            yield place


def _name(text: str, at: int, most: int = MOST, *, fewest: int = 1, surely: bool = False) -> tuple[int, int] | None:
    """Where a name after titles here begins and ends; None where there is none, or unless `surely`, that of a place."""
    titles = MORE_TITLES.match(text, at)
    at = at if titles is None else titles.end()
    start, end, count, owner = at, at, 0, False
    for _ in range(MOST_PARTS):
        token = WORD.match(text, at)
        if token is None:
            break
        word = POSSESSIVE.sub("", token[0])
        low, dot = word.lower(), text.startswith(".", token.end())
        if not surely and count and _is_place(low) and (word[0].isupper() or low in words.STREETS):
            return None
        if owner:
            break
        if (count and low in words.SUFFIXES) or (len(word) == 1 and word.isupper() and (dot or count)):
            end = token.end() + dot
        elif not (low in words.PARTICLES and (count or word.islower())):
            if count == most or not _may_be_name(word, low) or (not surely and _is_place(low)):
                break
            count, end, owner = count + 1, token.start() + len(word), word != token[0]
            if dot and len(word) > 2:
                break
        gap = GAP.match(text, token.end())
        if gap is None:
            break
        at = gap.end()
    return (start, end) if count >= fewest else None


def _may_be_name(word: str, low: str) -> bool:
    if len(word) == 1 or low in words.NO_NAMES or low.endswith(words.NO_NAME_ENDINGS):
        return False
    return word[0].isupper() or low.startswith(("al-", "el-", "d'", "d’"))


def _is_place(word: str) -> bool:
    low = word.lower()
    return low in words.PLACES or low.endswith(words.PLACE_ENDINGS)


def _lower_name(text: str, at: int) -> tuple[int, int] | None:
    """A name without capitals, of one or two words, where the sentence ends or goes on with a word such as "and"."""
    match = LOWER_NAME.match(text, at)
    if match is None or not match[1].islower() or not words.LOWER_NO_NAMES.isdisjoint(match[1].split()):
        return None
    return match.span(1)
