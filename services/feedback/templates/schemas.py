"""What staff says of a template, and what they are told."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.feedback.requests.schemas import AnswerText, Language
from services.feedback.templates.domain import check
from shared.text import EntityId, Line

Text = Annotated[AnswerText, AfterValidator(check)]


class TemplateInput(BaseModel):
    """An answer with blanks, such as `Your request {request_id} is with us`."""

    jurisdiction_id: EntityId
    service_id: EntityId | None = Field(default=None, description="For answers to requests for this service alone")
    name: Line
    texts: dict[Language, Text] = Field(
        min_length=1, max_length=50, description="By language; blanks are {request_id}, {service_name}, "
        "{district_name}, {jurisdiction_name}, {opened_on}, {due_on} and {address}; a brace that is meant is doubled"
    )  # fmt: skip


class TemplateView(BaseModel):
    """A template, and who wrote it as it is."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    jurisdiction_id: str
    service_id: str | None
    name: str
    texts: dict[str, str]
    author: str
    changed_at: datetime


class FilledView(BaseModel):
    """A template filled in for a request."""

    id: UUID
    name: str
    language: str
    text: str
