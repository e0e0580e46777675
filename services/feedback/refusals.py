"""Why something was not done, as the problem that its caller sees."""

from fastapi import FastAPI, Request, Response

from services.feedback.budgets import domain as budgets
from services.feedback.consultations import domain as consultations
from services.feedback.contributions.refusals import REFUSALS as CONTRIBUTIONS
from services.feedback.directory.areas import OutsideJurisdiction
from services.feedback.directory.domain import ForeignDistrict, TakesNoInput, UnknownDistrict, UnknownService
from services.feedback.idempotency.domain import KeyReused
from services.feedback.invitations.domain import InvitationSpent, NoSuchInvitation
from services.feedback.media.domain import (
    DamagedPicture,
    HiddenMedia,
    NoSuchMedia,
    NotAPicture,
    TooLong,
    TooManyPixels,
    UnusableMedia,
)
from services.feedback.media.storage import StorageUnavailable
from services.feedback.moderation.domain import NoAppeal, NoSuchCase, NoSuchInput, NotYourCase, UnfitTexts
from services.feedback.notes.domain import NoSuchNote
from services.feedback.notices.refusals import REFUSALS as NOTICES
from services.feedback.people.domain import Erased, JoinedElsewhere
from services.feedback.people.oidc import BadToken, ProviderAway
from services.feedback.periods.domain import ImpossiblePeriod, NewerSaid, NotOpen
from services.feedback.proposals.refusals import REFUSALS as PROPOSALS
from services.feedback.queue.domain import UnknownOrganisation
from services.feedback.ratings.domain import NewerCounts, NoSuchRating, NotCurrent, NotYourClosedRequest, SomebodyElses
from services.feedback.receipts import ForgedInvitation, ForgedToken
from services.feedback.requests.domain import (
    IllegalStep,
    ImpossibleTime,
    NoOriginal,
    NoSuchRequest,
    NotTheirs,
    OtherJurisdiction,
    TooLate,
)
from services.feedback.templates.domain import NameTaken, NoSuchTemplate, UnusableTemplate
from services.feedback.writes import TooBusy
from shared.database import TRANSIENT
from shared.problems import Problem, problem_response

REFUSALS: dict[type[Exception], tuple[int, str, str]] = {
    UnknownService: (422, "unknown-service", "There is no such service here"),
    UnknownDistrict: (422, "unknown-district", "There is no such district here"),
    ForeignDistrict: (422, "foreign-district", "The district belongs to another jurisdiction than the service"),
    OutsideJurisdiction: (422, "outside-jurisdiction", "The place is not in the service's jurisdiction"),
    TakesNoInput: (409, "service-not-in-use", "The service takes no input in its present state"),
    NoSuchRequest: (404, "unknown-request", "There is no such request"),
    IllegalStep: (409, "illegal-step", "The request is not in a state that allows this"),
    ImpossibleTime: (422, "impossible-time", "It cannot have happened at that time"),
    NotTheirs: (403, "not-yours", "This was given by somebody else"),
    TooLate: (409, "too-late-to-reopen", "The time in which you can have it reopened is over"),
    NoOriginal: (422, "no-original", "It cannot be a duplicate of that"),
    OtherJurisdiction: (422, "other-jurisdiction", "It belongs to another jurisdiction than the request"),
    NoSuchNote: (404, "unknown-note", "There is no such note"),
    NoSuchTemplate: (404, "unknown-template", "There is no such template"),
    UnusableTemplate: (422, "unusable-template", "The template cannot be used"),
    NameTaken: (409, "template-name-taken", "There is a template of this name"),
    UnknownOrganisation: (422, "unknown-organisation", "There is no such organisation here"),
    NoSuchRating: (404, "unknown-rating", "There is no such rating"),
    SomebodyElses: (403, "not-yours", "This was given by somebody else"),
    NewerCounts: (409, "newer-rating", "A newer rating by the same contributor counts"),
    NotCurrent: (409, "rating-not-current", "The rating no longer counts"),
    NotYourClosedRequest: (422, "not-your-closed-request", "It is no closed request of yours for this service"),
    ImpossiblePeriod: (422, "impossible-period", "It cannot be open at that time"),
    NotOpen: (409, "not-open", "It is not open"),
    NewerSaid: (409, "newer-counts", "Something newer by the same contributor counts"),
    consultations.NoSuchConsultation: (404, "unknown-consultation", "There is no such consultation"),
    consultations.NoSuchAnswer: (404, "unknown-answer", "There is no such answer"),
    consultations.NotPublished: (409, "not-published", "It is a draft"),
    consultations.AlreadyPublished: (409, "already-published", "It is no draft any more"),
    consultations.OtherQuestions: (422, "other-questions", "Only wording can be corrected"),
    consultations.ResultsNotOut: (409, "results-not-out", "The results are not out yet"),
    budgets.NoSuchBudget: (404, "unknown-budget", "There is no such budget"),
    budgets.NoSuchVote: (404, "unknown-vote", "There is no such vote"),
    budgets.NotPublished: (409, "not-published", "It is a draft"),
    budgets.AlreadyPublished: (409, "already-published", "It is no draft any more"),
    budgets.StillOpen: (409, "still-open", "The vote is not over"),
    budgets.AlreadyDecided: (409, "already-decided", "The votes were counted before"),
    budgets.CountingFailed: (503, "counting-failed", "The votes could not be counted now"),
    budgets.NotDecided: (409, "not-decided", "The votes are not counted yet"),
    budgets.UnknownProject: (422, "unknown-project", "There is no such project in this budget"),
    budgets.UnknownProposal: (422, "unknown-proposal", "There is no such proposal here"),
    budgets.WrongBallot: (422, "wrong-ballot", "It is not a vote of the kind that is taken here"),
    budgets.BeyondBudget: (422, "beyond-budget", "The budget does not suffice for these projects"),
    budgets.TooMany: (422, "too-many", "The vote says more than is allowed"),
    NotAPicture: (415, "not-a-picture", "The file is no picture that is taken"),
    DamagedPicture: (422, "damaged-picture", "The picture cannot be read"),
    TooManyPixels: (422, "too-many-pixels", "The picture is too large"),
    TooLong: (413, "file-too-large", "The file is too large"),
    UnusableMedia: (422, "unusable-media", "A picture cannot be attached"),
    NoSuchMedia: (404, "unknown-media", "There is no such picture"),
    HiddenMedia: (410, "hidden-media", "The picture is not shown"),
    StorageUnavailable: (503, "storage-unavailable", "The storage of pictures does not answer"),
    ForgedInvitation: (404, "unknown-invitation", "There is no such invitation"),
    NoSuchInvitation: (404, "unknown-invitation", "There is no such invitation"),
    InvitationSpent: (409, "invitation-spent", "The invitation serves no longer"),
    **PROPOSALS,
    **CONTRIBUTIONS,
    **NOTICES,
    NoSuchCase: (404, "unknown-case", "There is no such case"),
    NoSuchInput: (404, "unknown-input", "There is nothing of this kind and id"),
    NotYourCase: (403, "not-yours", "This is about what somebody else gave"),
    NoAppeal: (409, "no-appeal", "There is no appeal against this"),
    UnfitTexts: (422, "unfit-texts", "The input has no such texts"),
    ForgedToken: (401, "bad-receipt-token", "The receipt token is not one that was given out here"),
    Erased: (401, "erased", "All that was given with this was erased, at the wish of who gave it"),
    JoinedElsewhere: (409, "joined-elsewhere", "The receipt token belongs to another account"),
    BadToken: (401, "bad-token", "The token does not show who you are"),
    ProviderAway: (503, "sign-in-unavailable", "Who you are cannot be found out now"),
    KeyReused: (409, "idempotency-key-reused", "The Idempotency-Key was used for another request"),
    TooBusy: (503, "too-busy", "Too much is being written at once"),
}
RETRY_SOON = {"Retry-After": "1"}


async def _refuse(_: Request, error: Exception) -> Response:
    status, slug, title = REFUSALS[type(error)]
    headers = RETRY_SOON if status == 503 else {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return problem_response(Problem(status, slug, title, str(error), headers=headers))


async def _unavailable(_: Request, error: Exception) -> Response:
    return problem_response(
        Problem(503, "database-unavailable", "The database does not answer", type(error).__name__, headers=RETRY_SOON)
    )


def install(app: FastAPI) -> None:
    """Makes an application answer these exceptions with their problems."""
    for kind in REFUSALS:
        app.add_exception_handler(kind, _refuse)
    for fault in TRANSIENT:
        app.add_exception_handler(fault, _unavailable)
