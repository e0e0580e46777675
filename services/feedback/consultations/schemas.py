"""What the city says of a consultation, what citizens answer, and what all are told."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StrictBool, WithJsonSchema, model_validator

from services.feedback.consultations.questions import MOST_OPTIONS, Question, distinct
from services.feedback.periods.domain import PeriodState
from services.feedback.periods.schemas import Moment
from services.feedback.wording import Code, LongWording, Wording
from shared.text import EntityId, Line

MOST_QUESTIONS = 100


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: Wording
    text: LongWording = Field(default_factory=dict)
    questions: list[Question] = Field(min_length=1, max_length=MOST_QUESTIONS)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        distinct(self.questions)
        return self


class ConsultationInput(_Asked):
    """A draft. What opens when it is published has no `opens_at`, or one that has passed."""

    service_id: EntityId
    opens_at: Moment | None = None
    closes_at: Moment
    live_results: StrictBool = Field(default=False, description="Whether all see results before it is over")


class CorrectionInput(_Asked):
    """The same in other words, whole, and why."""

    reason: Line


class ConsultationView(BaseModel):
    """A consultation, as anybody may see it. `answers` is how many there were, once it is over and they are counted."""

    id: UUID
    jurisdiction_id: str
    service_id: str
    title: dict[str, str]
    text: dict[str, str]
    questions: list[Question]
    opens_at: datetime | None
    closes_at: datetime
    live_results: bool
    version: int
    state: PeriodState
    published_at: datetime | None
    answers: int | None


class VersionView(BaseModel):
    """A wording of a consultation; the first has no reason."""

    version: int
    title: dict[str, str]
    text: dict[str, str]
    questions: list[Question]
    reason: str | None
    at: datetime


AnswerValue = Annotated[
    JsonValue,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "maxLength": 4_000},
                {"type": "number"},
                {"type": "array", "items": {"type": "string"}, "maxItems": MOST_OPTIONS},
                {"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": MOST_OPTIONS},
                {"type": "null"},
            ]
        }
    ),
]
"""What fits is decided by the question, which also says what is wrong with it."""


class AnswerInput(BaseModel):
    """Answers by the codes of their questions: of a choice the code, of several or a ranking the codes, of a matrix a
    code by row; numbers and text as they are."""

    model_config = ConfigDict(extra="forbid")

    answers: dict[Code, AnswerValue] = Field(max_length=MOST_QUESTIONS)
    district_id: EntityId | None = Field(default=None, description="Where they live, in the service's jurisdiction")
    channel: Line | None = Field(default=None, description="By which way it came, such as web or app")
    campaign: Line | None = Field(default=None, description="What made them think of it, such as the name of a poster")


class AnswerView(BaseModel):
    """An answer, as its giver sees it; `version` is the wording that was answered."""

    id: UUID
    consultation_id: UUID
    given_at: datetime
    version: int
    answers: dict[str, Any]
    district_id: str | None
    channel: str | None
    campaign: str | None


class AnswerReceipt(AnswerView):
    """An answer just given, with the token that proves who gave it."""

    receipt_token: str


class OptionCount(BaseModel):
    """How many chose an option or a number of a scale, and their share of those who answered the question."""

    code: str
    count: int
    share: float | None


class RowCounts(BaseModel):
    """A row of a matrix."""

    code: str
    n: int
    options: list[OptionCount]


class PlacedOption(BaseModel):
    """An option in a ranking. Of m options, the one placed r-th gets m - r points, and one not placed gets none."""

    code: str
    points: int
    placed: int = Field(description="How many placed it")
    first: int = Field(description="How many placed it first")
    average_rank: float | None = Field(description="Over those who placed it")


class Figures(BaseModel):
    """What was answered to a question by `n` contributors; which members are there depends on its kind."""

    n: int
    options: list[OptionCount] | None = None
    mean: float | None = None
    median: float | None = None
    ranking: list[PlacedOption] | None = None
    rows: list[RowCounts] | None = None


class DistrictFigures(Figures):
    """The figures of one district."""

    district_id: str


class DistrictCount(BaseModel):
    """How many answered from one district."""

    district_id: str
    answers: int


class QuestionResult(Figures):
    """The figures of a question. `n_missing` are those who answered others, but not this one."""

    code: str
    kind: str
    text: dict[str, str]
    n_missing: int
    by_district: list[DistrictFigures]


class ResultsView(BaseModel):
    """Results. No district is told of below 5 contributors, nor can it be had by subtracting the others."""

    consultation_id: UUID
    state: PeriodState
    answers: int
    by_district: list[DistrictCount]
    questions: list[QuestionResult]


class TextView(BaseModel):
    """A text in answer to a question, personal data in it masked; null where it is hidden."""

    id: UUID
    code: str
    text: str | None
    hidden: bool


class OpenAnswers(BaseModel):
    """All answers without who gave them, when and where: choices by question, in an order that tells nothing. Texts
    stand apart, since what is in one may tell whose choices stand beside it."""

    consultation_id: UUID
    questions: list[Question]
    answers: list[dict[str, Any]]
    texts: dict[str, list[str | None]]


Listed = Literal["draft", "announced", "open", "closed"]
