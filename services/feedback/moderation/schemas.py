"""What is said of flagged input, and what the public, its giver and staff are told."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from services.feedback.moderation.domain import AUTOMATIC_REASONS, DECISION_REASONS, FLAG_REASONS
from services.feedback.moderation.kinds import KINDS
from shared.text import EntityId, Prose, Written


def _one_of(values: tuple[str, ...], what: str) -> AfterValidator:
    def check(value: str) -> str:
        if value not in values:
            raise ValueError(f"is no {what}; there are {', '.join(values)}")
        return value

    return AfterValidator(check)


def _enum(values: tuple[str, ...]) -> dict[str, list[str]]:
    return {"enum": list(values)}


ALL_REASONS = tuple(dict.fromkeys((*FLAG_REASONS, *AUTOMATIC_REASONS)))
KindName = Annotated[str, _one_of(tuple(KINDS), "kind"), Field(json_schema_extra=_enum(tuple(KINDS)))]
FlagReason = Annotated[str, _one_of(FLAG_REASONS, "reason"), Field(json_schema_extra=_enum(FLAG_REASONS))]
AnyReason = Annotated[str, _one_of(ALL_REASONS, "reason"), Field(json_schema_extra=_enum(ALL_REASONS))]
DecisionReason = Annotated[str, _one_of(DECISION_REASONS, "reason"), Field(json_schema_extra=_enum(DECISION_REASONS))]
Ruling = Literal["hide", "keep", "redact"]
State = Literal["open", "decided", "appealed", "settled"]


class FlagInput(BaseModel):
    """What somebody finds wrong with what another gave."""

    kind: KindName
    id: UUID
    reason: FlagReason
    note: Prose | None = Field(default=None, description="For staff alone")


class FlagView(BaseModel):
    """A flag that was taken."""

    kind: str
    id: UUID
    reason: str
    at: datetime


class DecisionInput(BaseModel):
    """What staff decides of a case."""

    decision: Ruling
    reason: DecisionReason
    explanation: Prose | None = Field(default=None, description="For its giver; needed unless it is kept")
    texts: dict[str, Written] | None = Field(
        default=None, min_length=1, max_length=10,
        description="With `redact`: by the name of each text that changes, what the public reads from now on",
    )  # fmt: skip

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.decision == "redact") != (self.texts is not None):
            raise ValueError("texts belong to 'redact', and only to it")
        if self.decision != "keep" and not self.explanation:
            raise ValueError("an explanation is needed: whoever gave it is told why")
        return self


class AppealInput(BaseModel):
    """What the giver says to a decision."""

    text: Written


class CaseView(BaseModel):
    """A case as the giver of what it is about sees it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: str
    item_id: UUID
    jurisdiction_id: str
    service_id: str
    state: State
    opened_at: datetime
    decision: Ruling | None
    reason: str | None
    explanation: str | None
    decided_at: datetime | None
    appeal: str | None
    appealed_at: datetime | None
    may_appeal: bool


class Tally(BaseModel):
    """How often it was flagged for a reason."""

    reason: str
    flags: int


class StaffCaseView(CaseView):
    """A case as staff sees it. `texts` are as they were written, `public` as the public reads them unless it is
    hidden; both are null where its giver took it back."""

    waiting_since: datetime | None
    flags: list[Tally]
    hidden: bool | None
    texts: dict[str, str | None] | None
    public: dict[str, str | None] | None


class Flag(BaseModel):
    """One flag; `automatic` where a rule raised it, `times` more than 1 where it stands for those after it, too."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    automatic: bool
    reason: str
    note: str | None
    times: int


class Decided(BaseModel):
    """One decision, and who made it."""

    at: datetime
    author: str
    decision: Ruling
    reason: str
    explanation: str | None
    on_appeal: bool


class CaseDetail(StaffCaseView):
    """A case with its newest 100 flags, and all that was decided, the oldest first."""

    raised: list[Flag]
    history: list[Decided]


class Queue(BaseModel):
    """Which cases, all of these at once."""

    jurisdiction_id: EntityId
    waiting: bool = Field(default=True, description="Those that wait for staff, the longest first; else the others")
    state: State | None = None
    kind: KindName | None = None
    service_id: EntityId | None = None
    reason: AnyReason | None = Field(default=None, description="Flagged for this reason, among others")
    decision: Ruling | None = None
    limit: Annotated[int, Field(ge=1, le=1_000, description="Most items of a page")] = 100
    cursor: Annotated[str | None, Field(max_length=1_000, description="The `next` of the page before")] = None
