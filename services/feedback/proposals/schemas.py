"""What callers say of a proposal, and what they are told."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

import langcodes
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.feedback.media.domain import Picture
from services.feedback.media.schemas import MediaIds, PictureView
from services.feedback.proposals.domain import Order, Proposal, State
from services.feedback.proposals.store import Version
from services.feedback.proposals.wording import plain
from services.feedback.requests.schemas import BOTH_COORDINATES, AnswerText, Latitude, Longitude
from services.feedback.screening import public
from shared.text import ADDRESSABLE, NOT_IN_ADDRESSES, SAYS, EntityId, Line, Storable, Visible
from shared.times import Time

Title = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), SAYS, Storable, AfterValidator(plain)
]
LongText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000), SAYS, Storable, Visible
]
Address = Annotated[
    str,
    StringConstraints(pattern=f"^https?://[^{NOT_IN_ADDRESSES}/?#@]+([/?#]{ADDRESSABLE}*)?$", max_length=2_000),
    Storable,
]


def _language(tag: str) -> str:
    if not langcodes.tag_is_valid(tag):
        raise ValueError("is not the tag of a language, such as en or pt-BR")
    return langcodes.standardize_tag(tag)


Language = Annotated[
    str,
    StringConstraints(max_length=35),
    Storable,
    AfterValidator(_language),
    Field(json_schema_extra={"pattern": "^([A-Za-z]{2,8}|[IiXx])([-_][A-Za-z0-9]{1,8})*$"}),
]
Channel = Annotated[Line | None, Field(description="By which way it came, such as web or app")]
Campaign = Annotated[Line | None, Field(description="What made them think of it, such as the name of a poster")]


class DraftInput(BaseModel):
    """A proposal, as a citizen words it."""

    model_config = ConfigDict(json_schema_extra={**BOTH_COORDINATES})

    service_id: EntityId
    title: Title
    text: LongText
    district_id: EntityId | None = Field(default=None, description="Where; a district of the service's jurisdiction")
    latitude: Latitude | None = Field(default=None, description="Degrees, WGS 84")
    longitude: Longitude | None = None
    address: Line | None = None
    attachments: Annotated[list[Address], Field(max_length=10)] = Field(
        default=[], description="Addresses of pictures and documents"
    )
    language: Language | None = Field(default=None, description="In which it is written; the service's, if absent")
    channel: Channel = None
    campaign: Campaign = None

    @model_validator(mode="after")
    def _both_coordinates(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude belong together")
        return self


class ProposalInput(DraftInput):
    """A new proposal, published at once or kept as a draft."""

    draft: bool = Field(default=False, strict=True, description="Only its author sees a draft")
    media: MediaIds = []


class AmendInput(BaseModel):
    """Another wording of a proposal; what is absent stays."""

    title: Title | None = None
    text: LongText | None = None
    why: AnswerText = Field(description="What changed, and why; shown with the version")

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.title is None and self.text is None:
            raise ValueError("a title or a text is needed")
        return self


class WithdrawInput(BaseModel):
    """Why a proposal is withdrawn, if its author likes to say."""

    why: AnswerText | None = None


class DecisionInput(BaseModel):
    """What the city decided, with its reasons, which are public."""

    decision: Literal["accepted", "partly_accepted", "declined"]
    reasons: AnswerText
    at: Time | None = Field(default=None, description="When it was decided; now, if absent")

    def order(self, author: str) -> Order:
        return Order(self.decision, self.reasons, author, self.at)


class ProposalView(BaseModel):
    """A proposal, as anybody may see it. Of one that is hidden or erased, `title` and `text` are null."""

    id: UUID
    jurisdiction_id: str
    service_id: str
    district_id: str | None
    state: State
    title: str | None
    text: str | None
    version: int
    language: str | None
    address: str | None
    latitude: float | None
    longitude: float | None
    attachments: Sequence[str]
    media: list[PictureView]
    channel: str | None
    campaign: str | None
    created_at: datetime
    published_at: datetime | None
    amended_at: datetime | None
    supports: int
    supports_needed: int | None = Field(description="So many, and the city owes a decision")
    comments: int
    qualified_at: datetime | None
    decision_due_at: datetime | None
    overdue: bool = Field(description="The decision is owed and late")
    decided_at: datetime | None
    decision: Literal["accepted", "partly_accepted", "declined"] | None
    reasons: str | None
    delivered_at: datetime | None
    merged_into: UUID | None = Field(description="Where it goes on")
    merged_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_why: str | None
    hidden: bool = Field(description="A moderator hid what it says")

    @classmethod
    def of(cls, proposal: Proposal, now: datetime, pictures: Iterable[Picture] = (), *, original: bool) -> Self:
        """As `original` for its author and staff, else as the public may read it; with the pictures that are shown."""
        shown = [PictureView.model_validate(each) for each in pictures]
        return cls.model_validate(_seen(proposal, now, original) | {"media": shown})


def _seen(proposal: Proposal, now: datetime, original: bool) -> dict[str, Any]:
    told = {name: getattr(proposal, name) for name in ProposalView.model_fields if hasattr(proposal, name)}
    told |= {"overdue": proposal.overdue(now), "hidden": proposal.hidden_at is not None}
    if original:
        return told
    shown = {name: getattr(proposal, f"{name}_masked") or told[name] for name in ("title", "text", "withdrawn_why")}
    if proposal.hidden_at is not None:
        shown = dict.fromkeys(shown) | {"attachments": (), "address": None}
    return told | shown | {"reasons": public(proposal.reasons)}


class ProposalReceipt(ProposalView):
    """A proposal just made, with the token that proves who made it."""

    receipt_token: str


class VersionView(BaseModel):
    """A proposal as it was worded, who asked for that and why, and how many of its supports were given to it."""

    number: int
    at: datetime
    by: Literal["author", "amendment"] = Field(description="The author, or somebody else whose change they accepted")
    why: str | None
    amendment_id: UUID | None
    title: str | None
    text: str | None
    supports: int

    @classmethod
    def of(cls, version: Version, *, hidden: bool, original: bool) -> Self:
        told: dict[str, Any] = {name: getattr(version, name) for name in cls.model_fields if name != "by"}
        for name in ("title", "text", "why"):
            masked = None if original else getattr(version, f"{name}_masked")
            told[name] = None if hidden and not original else masked or told[name]
        return cls.model_validate(told | {"by": "author" if version.amendment_id is None else "amendment"})


class MilestoneView(BaseModel):
    """A step of the delivery."""

    id: UUID
    title: str
    planned_at: datetime
    reached_at: datetime | None
    note: str | None
    overdue: bool


class MergeOffer(BaseModel):
    """The author of `proposal_id` offers to merge it into `into_id`."""

    proposal_id: UUID
    into_id: UUID
    offered_at: datetime


class Happening(BaseModel):
    """Something that happened to a proposal."""

    at: datetime
    what: Literal[
        "published", "amended", "qualified", "decided", "milestone_reached", "delivered", "merged", "withdrawn"
    ]
    version: int | None = None
    milestone_id: UUID | None = None


class ProposalDetail(ProposalView):
    """A proposal with all that came of it."""

    supports_since_amended: int = Field(description="Of its supports, those given to the present wording")
    supports_from_merged: int = Field(description="Of its supports, those that came with proposals merged into it")
    progress: float | None = Field(description="The share of milestones that were reached; null without any")
    milestones: list[MilestoneView]
    merged_from: list[UUID]
    merge_offers: list[MergeOffer] = Field(description="Open ones, shown to its author alone")
    history: list[Happening]
    yours: bool = Field(description="The caller is its author")
