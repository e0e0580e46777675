"""What becomes of text from outside that is not what it looks like."""

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.text import Line, Prose

LINE, PROSE = TypeAdapter(Line), TypeAdapter(Prose)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Ana", "Ana"),
        ("Zoe\u0308", "Zoë"),
        ("\u202eanA\u202c", "anA"),
        ("ci\u200bty hall", "city hall"),
        ("city\u2066 hall\u2069", "city hall"),
        ("two\nlines\u2028more", "two lines more"),
        ("A\u200dna", "Ana"),
        ("A\u200ena", "Ana"),
        ("bell\x07", "bell"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("👩\u200d🔧", "👩\u200d🔧"),
        ("👩\u200d\u200d🔧", "👩\u200d🔧"),
        ("\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", "\U0001f3f4\U000e0067\U000e0062"
         "\U000e0073\U000e0063\U000e0074\U000e007f"),
        ("hi\U000e0067\U000e0062", "hi"),
        ("שלום\u200f!", "שלום\u200f!"),
    ],
)  # fmt: skip
def test_a_line_keeps_what_can_be_seen(given: str, kept: str) -> None:
    assert LINE.validate_python(given) == kept
    assert LINE.validate_python(kept) == kept


@pytest.mark.parametrize("given", ["\u202e", "\u200b\u200b", "\u3164", "a\0b", "\ud800"])
def test_a_line_of_nothing_is_refused(given: str) -> None:
    with pytest.raises(ValidationError):
        LINE.validate_python(given)


def test_prose_keeps_its_lines() -> None:
    assert PROSE.validate_python(" if\u202e access\nthen\tgo\u2067 ") == "if access\nthen\tgo"
    assert PROSE.validate_python("\u200b") == ""
