"""What callers say of a rule, and what they are told."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field

from services.feedback.proposals.rules.domain import Rule
from services.feedback.proposals.rules.store import Held
from shared.text import WHOLE

Supports = Annotated[int, Field(strict=True, ge=0, le=10_000_000, description="0: a decision is owed at once"), WHOLE]
Days = Annotated[int, Field(strict=True, ge=1, le=3_650, description="From when it has its supports"), WHOLE]


class RuleInput(BaseModel):
    """A rule, as staff sets it. It holds for proposals published from now on."""

    supports_needed: Supports
    days_to_decide: Days

    def rule(self) -> Rule:
        return Rule(self.supports_needed, self.days_to_decide)


class RuleView(BaseModel):
    """The rule that holds, and whose it is."""

    supports_needed: int
    days_to_decide: int
    set_for: Literal["service", "jurisdiction", "default"]
    changed_at: datetime | None

    @classmethod
    def of(cls, held: Held) -> Self:
        return cls.model_validate({**held.rule._asdict(), "set_for": held.kind, "changed_at": held.changed_at})
