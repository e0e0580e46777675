"""What happened to comments, as the events that others learn of. None carries what was said."""

from services.feedback.places import place
from services.feedback.proposals.comments.domain import Comment
from services.feedback.proposals.domain import Proposal
from shared.contracts.feedback import TOPIC, Because, CommentPosted, CommentWithdrawn
from shared.outbox.append import Outgoing, outgoing


def posted(proposal: Proposal, comment: Comment) -> Outgoing:
    """Somebody had something to say."""
    contract = CommentPosted(
        **place(proposal),
        comment_id=str(comment.id),
        proposal_id=str(proposal.id),
        contributor=comment.contributor or "",
        given_at=comment.given_at,
        answers_id=None if comment.answers_id is None else str(comment.answers_id),
        channel=comment.channel,
        campaign=comment.campaign,
    )
    return outgoing(TOPIC, proposal.service_id, contract, comment.given_at)


def withdrawn(proposal: Proposal, before: Comment, after: Comment, because: Because) -> Outgoing:
    """A comment counts as if it had never been made; `before` still has its contributor."""
    at = after.erased_at or after.withdrawn_at
    if at is None:
        raise ValueError(f"comment {after.id} stands")
    contract = CommentWithdrawn(
        **place(proposal),
        comment_id=str(after.id),
        proposal_id=str(proposal.id),
        contributor=before.contributor or "",
        given_at=before.given_at,
        withdrawn_at=at,
        because=because,
        channel=before.channel,
    )
    return outgoing(TOPIC, proposal.service_id, contract, at)
