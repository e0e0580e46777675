"""All routes about proposals."""

from services.feedback.proposals.amendments.routes import router as amendments
from services.feedback.proposals.comments.routes import router as comments
from services.feedback.proposals.delivery.routes import router as delivery
from services.feedback.proposals.merging.routes import router as merging
from services.feedback.proposals.routes import router as proposals
from services.feedback.proposals.rules.routes import router as rules
from services.feedback.proposals.supports.routes import router as supports

ROUTERS = (proposals, supports, comments, amendments, merging, delivery, rules)
