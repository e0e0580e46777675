"""What staff says of the delivery of a proposal."""

from pydantic import BaseModel, Field

from services.feedback.requests.schemas import AnswerText
from shared.text import Line
from shared.times import Time


class MilestoneInput(BaseModel):
    """A step of the delivery, and when it is to be done."""

    title: Line
    planned_at: Time = Field(description="Not before the decision")


class ReachedInput(BaseModel):
    """A milestone was reached."""

    at: Time | None = Field(default=None, description="When; now, if absent")
    note: AnswerText | None = None


class DeliveredInput(BaseModel):
    """What was decided is there."""

    at: Time | None = Field(default=None, description="When; now, if absent")
