"""Feedback on a real socket, for clients that bring their own HTTP."""

from contextlib import AbstractContextManager

from services.feedback.app import create_app
from services.feedback.settings import FeedbackSettings
from tests import openapi


def served(settings: FeedbackSettings) -> AbstractContextManager[str]:
    """Where feedback is served meanwhile."""
    return openapi.served(create_app(settings))
