"""The kinds of questions, and what is an answer to each.

A question's `read` yields an answer as it is kept, or raises ValueError with what is wrong with it, put so that it
follows the question's code. What was sent is never repeated in it: it may be long, or somebody's secret.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator

from services.feedback.wording import Code, Label, Wording
from shared.text import WHOLE, storable

MOST_OPTIONS = 100
MOST_STEPS = 100
LARGEST = 10**12

Kept = str | int | float | list[str] | dict[str, str]
"""An answer as it is kept: of a choice the code, of several the codes, of a matrix a code by row."""


class Option(BaseModel):
    """Something that can be chosen."""

    model_config = ConfigDict(extra="forbid")

    code: Code
    text: Wording


Options = Annotated[list[Option], Field(min_length=2, max_length=MOST_OPTIONS)]
Count = Annotated[int, Field(strict=True, ge=0, le=MOST_OPTIONS), WHOLE]
Number = Annotated[float, Field(ge=-LARGEST, le=LARGEST, allow_inf_nan=False, strict=True)]


class _Question(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: Code
    text: Wording
    help: Wording | None = None
    required: StrictBool = False


class SingleChoice(_Question):
    """One of several options."""

    kind: Literal["single_choice"]
    options: Options

    @model_validator(mode="after")
    def _sound(self) -> Self:
        distinct(self.options)
        return self

    def read(self, value: Any) -> Kept:
        return _one_of(self.options, value)


class MultipleChoice(_Question):
    """Some of several options."""

    kind: Literal["multiple_choice"]
    options: Options
    least: Count = Field(default=0, description="How many have to be chosen by whoever answers it")
    most: Count | None = Field(default=None, description="All, where it is not said")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        distinct(self.options)
        check_bounds(self.options, self.least, self.most)
        return self

    def read(self, value: Any) -> Kept:
        chosen = _some_of(self.options, value)
        _check_number(len(chosen), max(self.least, 1), self.most)
        order = [option.code for option in self.options]
        return sorted(chosen, key=order.index)


class Scale(_Question):
    """A whole number from `low` to `high`, of which some or all have labels."""

    kind: Literal["scale"]
    low: Annotated[int, Field(strict=True, ge=-1_000, le=1_000), WHOLE] = 1
    high: Annotated[int, Field(strict=True, ge=-1_000, le=1_000), WHOLE] = 5
    labels: dict[Annotated[str, Field(pattern=r"^(0|-?[1-9][0-9]{0,3})$")], Label] = Field(
        default_factory=dict, max_length=MOST_STEPS + 1, description="By number"
    )

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if not 0 < self.high - self.low <= MOST_STEPS:
            raise ValueError(f"high must be above low, by at most {MOST_STEPS}")
        if any(not self.low <= int(label) <= self.high for label in self.labels):
            raise ValueError("a label must be of a number from low to high")
        return self

    def read(self, value: Any) -> Kept:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not self.low <= value <= self.high:
            raise ValueError(f"must be a whole number from {self.low} to {self.high}")
        return value


class NumberQuestion(_Question):
    """A number within bounds."""

    kind: Literal["number"]
    minimum: Number | None = None
    maximum: Number | None = None
    whole: StrictBool = False

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.minimum is not None and self.maximum is not None and self.minimum >= self.maximum:
            raise ValueError("maximum must be above minimum")
        return self

    def read(self, value: Any) -> Kept:
        if (
            not isinstance(value, int | float) or isinstance(value, bool) or value != value
        ):  # NaN alone differs from itself
            raise ValueError("must be a number")
        low = -LARGEST if self.minimum is None else self.minimum
        high = LARGEST if self.maximum is None else self.maximum
        if not low <= value <= high:
            raise ValueError(f"must be from {low:.15g} to {high:.15g}")
        if self.whole and value != int(value):
            raise ValueError("must be a whole number")
        return int(value) if value == int(value) else value


class _Text(_Question):
    def read(self, value: Any) -> Kept:
        if not isinstance(value, str):
            raise ValueError("must be text")
        text = storable(value.strip())
        if not text:
            raise ValueError("must not be empty")
        if len(text) > self.most():
            raise ValueError(f"must have at most {self.most()} characters")
        return text

    def most(self) -> int:
        raise NotImplementedError


class ShortText(_Text):
    """A few words of one's own."""

    kind: Literal["short_text"]
    max_length: Annotated[int, Field(strict=True, ge=1, le=500), WHOLE] = 200

    def most(self) -> int:
        return self.max_length


class LongText(_Text):
    """Some sentences of one's own."""

    kind: Literal["long_text"]
    max_length: Annotated[int, Field(strict=True, ge=1, le=4_000), WHOLE] = 4_000

    def most(self) -> int:
        return self.max_length


class Ranking(_Question):
    """Options in an order, the best first; not all need be placed."""

    kind: Literal["ranking"]
    options: Options
    least: Count = Field(default=1, description="How many have to be placed by whoever answers it")
    most: Count | None = Field(default=None, description="All, where it is not said")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        distinct(self.options)
        check_bounds(self.options, self.least, self.most)
        return self

    def read(self, value: Any) -> Kept:
        placed = _some_of(self.options, value)
        _check_number(len(placed), max(self.least, 1), self.most)
        return placed


class Matrix(_Question):
    """One of the same options for each of several rows."""

    kind: Literal["matrix"]
    rows: Annotated[list[Option], Field(min_length=1, max_length=MOST_OPTIONS)]
    options: Options

    @model_validator(mode="after")
    def _sound(self) -> Self:
        distinct(self.options)
        distinct(self.rows)
        return self

    def read(self, value: Any) -> Kept:
        if not isinstance(value, dict) or not value:
            raise ValueError("must be an object with the code of an option by the code of a row")
        rows = [row.code for row in self.rows]
        if not value.keys() <= set(rows):
            raise ValueError("has a row that the question does not have")
        if self.required and len(value) < len(rows):
            raise ValueError("needs an option for each row")
        return {row: _one_of(self.options, value[row]) for row in rows if row in value}


Question = Annotated[
    SingleChoice | MultipleChoice | Scale | NumberQuestion | ShortText | LongText | Ranking | Matrix,
    Field(discriminator="kind"),
]
AnyQuestion = SingleChoice | MultipleChoice | Scale | NumberQuestion | ShortText | LongText | Ranking | Matrix

WORDS = {"text": True, "help": True, "labels": True}
OPTION_WORDS = {"__all__": {"text": True}}


def structure(question: AnyQuestion) -> dict[str, Any]:
    """All of a question but its wording."""
    return question.model_dump(exclude={**WORDS, "options": OPTION_WORDS, "rows": OPTION_WORDS})


def distinct(named: Sequence[Option] | Sequence[AnyQuestion]) -> None:
    """Raises ValueError where two have the same code."""
    if len({each.code for each in named}) < len(named):
        raise ValueError("two have the same code")


def check_bounds(options: Sequence[Option], least: int, most: int | None) -> None:
    """Raises ValueError where nobody could choose as few or as many."""
    highest = len(options) if most is None else most
    if not least <= highest <= len(options) or highest == 0:
        raise ValueError("least must not be above most, nor most above the number of options or 0")


def _one_of(options: Sequence[Option], value: Any) -> str:
    for option in options:
        if option.code == value:
            return option.code
    raise ValueError("must be the code of one of the question's options")


def _some_of(options: Sequence[Option], value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > len(options):
        raise ValueError(f"must be a list of at most {len(options)} codes of the question's options")
    chosen = [_one_of(options, each) for each in value]
    if len(set(chosen)) < len(chosen):
        raise ValueError("names an option twice")
    return chosen


def _check_number(chosen: int, least: int, most: int | None) -> None:
    if chosen < least:
        raise ValueError(f"needs at least {least}")
    if most is not None and chosen > most:
        raise ValueError(f"takes at most {most}")
