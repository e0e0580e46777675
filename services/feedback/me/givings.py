"""All kinds of input, in the order in which they are erased: what others build on comes last."""

from services.feedback.budgets.giving import GIVING as VOTES
from services.feedback.consultations.giving import GIVING as ANSWERS
from services.feedback.contributions.giving import CONFIRMATIONS
from services.feedback.contributions.giving import GIVING as CONTRIBUTIONS
from services.feedback.me.giving import Giving
from services.feedback.media.giving import GIVING as MEDIA
from services.feedback.moderation.giving import FLAGS
from services.feedback.moderation.giving import GIVING as MODERATION
from services.feedback.notes.giving import GIVING as NOTES
from services.feedback.notices.giving import GIVING as FOLLOWS
from services.feedback.proposals.comments.giving import GIVING as COMMENTS
from services.feedback.proposals.giving import GIVING as PROPOSALS
from services.feedback.proposals.supports.giving import GIVING as SUPPORTS
from services.feedback.ratings.giving import GIVING as RATINGS
from services.feedback.requests.giving import GIVING as REQUESTS

GIVINGS: tuple[Giving, ...] = (
    FOLLOWS,
    RATINGS,
    NOTES,
    ANSWERS,
    VOTES,
    CONFIRMATIONS,
    CONTRIBUTIONS,
    SUPPORTS,
    COMMENTS,
    PROPOSALS,
    REQUESTS,
    MODERATION,
    FLAGS,
    MEDIA,
)
