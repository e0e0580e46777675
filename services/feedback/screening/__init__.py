"""Personal data in what citizens and staff write: found, and masked before others read it."""

from services.feedback.screening.masking import Found, found, masked, public

__all__ = ["Found", "found", "masked", "public"]
