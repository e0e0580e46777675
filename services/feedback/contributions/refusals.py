"""Why something was not done with a contribution or a call, as the problem that its caller sees."""

from services.feedback.calls.domain import CallOver, DoesNotFit, ImpossibleClosing, NoSuchCall, UnknownCall
from services.feedback.contributions.domain import (
    ConfirmedBefore,
    ForeignProposal,
    ImpossibleDueTime,
    NoSuchContribution,
    NotTheContributor,
    OwnContribution,
    ProposalOver,
    TooMuch,
    UnknownProposal,
    WrongState,
)

REFUSALS: dict[type[Exception], tuple[int, str, str]] = {
    NoSuchContribution: (404, "unknown-contribution", "There is no such contribution"),
    NotTheContributor: (403, "not-yours", "This was given by somebody else"),
    OwnContribution: (403, "own-contribution", "Nobody confirms what they gave themselves"),
    ConfirmedBefore: (409, "confirmed-before", "You have confirmed this contribution before"),
    WrongState: (409, "wrong-state", "The contribution is not in a state that allows this"),
    ImpossibleDueTime: (422, "impossible-time", "A pledge cannot be due at that time"),
    TooMuch: (422, "too-much", "More cannot be verified than was made"),
    NoSuchCall: (404, "unknown-call", "There is no such call"),
    UnknownCall: (422, "unknown-call", "There is no such call"),
    CallOver: (409, "call-over", "The call is over"),
    DoesNotFit: (422, "call-for-something-else", "The call is for something else"),
    ImpossibleClosing: (422, "impossible-time", "A call cannot close at that time"),
    UnknownProposal: (422, "unknown-proposal", "There is no such proposal"),
    ForeignProposal: (422, "foreign-proposal", "The proposal is for another service"),
    ProposalOver: (409, "proposal-over", "The proposal is not one to contribute to any more"),
}
