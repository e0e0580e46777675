"""Why something was not done with a proposal, as the problem that its caller sees."""

from services.feedback.proposals.amendments.domain import NoSuchAmendment, NotOpen, Outdated, OwnAmendment
from services.feedback.proposals.comments.domain import (
    CommentGone,
    NoSuchComment,
    NotTheCommenter,
    TooDeep,
    UnknownAnswered,
)
from services.feedback.proposals.delivery.domain import MilestonesLeft, NoSuchMilestone
from services.feedback.proposals.domain import (
    ForeignProposal,
    IsHidden,
    MergedElsewhere,
    NoSuchProposal,
    NotTheAuthor,
    WrongState,
)
from services.feedback.proposals.merging.handlers import NoSuchOffer, NothingToMergeInto
from services.feedback.proposals.supports.domain import NoSuchSupport, OwnProposal

REFUSALS: dict[type[Exception], tuple[int, str, str]] = {
    NoSuchProposal: (404, "unknown-proposal", "There is no such proposal"),
    NotTheAuthor: (403, "not-yours", "This was given by somebody else"),
    WrongState: (409, "proposal-state", "The proposal is not in a state that allows this"),
    MergedElsewhere: (409, "proposal-merged", "The proposal was merged into another one"),
    IsHidden: (409, "proposal-hidden", "The proposal is hidden"),
    ForeignProposal: (422, "foreign-proposal", "A proposal is merged into another one for the same service"),
    NothingToMergeInto: (422, "unknown-proposal", "There is no such proposal to merge into"),
    NoSuchOffer: (404, "unknown-merge-offer", "There is no such offer"),
    OwnProposal: (409, "own-proposal", "Nobody supports a proposal of their own"),
    NoSuchSupport: (404, "unknown-support", "There is no such support"),
    NoSuchComment: (404, "unknown-comment", "There is no such comment"),
    UnknownAnswered: (422, "unknown-comment", "There is no such comment on this proposal"),
    TooDeep: (409, "thread-too-deep", "The thread is as deep as threads can be"),
    CommentGone: (409, "comment-gone", "The comment says nothing any more"),
    NotTheCommenter: (403, "not-yours", "This was given by somebody else"),
    NoSuchAmendment: (404, "unknown-amendment", "There is no such suggested change"),
    NotOpen: (409, "amendment-not-open", "The suggested change was answered or withdrawn"),
    Outdated: (409, "amendment-outdated", "The proposal was amended since the change was suggested"),
    OwnAmendment: (409, "own-amendment", "Authors amend their proposals themselves"),
    NoSuchMilestone: (404, "unknown-milestone", "There is no such milestone"),
    MilestonesLeft: (409, "milestones-left", "Not all milestones are reached"),
}
