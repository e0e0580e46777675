"""What the routes work with, wired once in app.py."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import cast

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncEngine

from services.feedback.budgets.apart import Counting
from services.feedback.consultations.standing import Standings
from services.feedback.directory.areas import Areas
from services.feedback.directory.lookup import Directory
from services.feedback.media.handlers import Media
from services.feedback.proposals.rules.domain import DEFAULT, Rule
from services.feedback.ratings.handlers import Given
from services.feedback.receipts import Receipts
from services.feedback.requests.domain import Request as ServiceRequest
from services.feedback.writes import Coalescer


@dataclass(frozen=True, slots=True)
class Parts:
    """The database, those who know services and receipt tokens, the two queues of writes, areas on the map, pictures,
    the counting of votes, and results of consultations.

    `reopen_within` is how long after its closing a citizen can have a request reopened, `peers_needed` how many peers
    verify a contribution, `proposal_rule` what holds for proposals where no other rule is set,
    `votes_need_account` whether only those who are signed in vote,
    `sends_mail` whether a mail server is set, `shows_addresses` whether the public sees the addresses of pictures
    that are not here, and `public_url` where citizens reach this, if that is set.
    """

    engine: AsyncEngine
    directory: Directory
    receipts: Receipts
    ratings: Coalescer[Given]
    requests: Coalescer[ServiceRequest]
    areas: Areas
    media: Media
    counting: Counting
    standings: Standings = field(default_factory=Standings)
    reopen_within: timedelta = timedelta(days=30)
    peers_needed: int = 2
    proposal_rule: Rule = DEFAULT
    votes_need_account: bool = False
    sends_mail: bool = False
    shows_addresses: bool = False
    public_url: str | None = None


def parts(request: Request) -> Parts:
    """Those of the application that serves `request`."""
    return cast(Parts, request.app.state.parts)


def base(request: Request) -> str:
    """How addresses here begin: as the setting says, else as the one that `request` came to."""
    return parts(request).public_url or str(request.base_url).rstrip("/")
