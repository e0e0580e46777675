"""Why somebody does not follow something, as the problem that they see."""

from services.feedback.notices.domain import NoMail, NoSuchFollow, NoSuchSubject, TooManyUnconfirmed
from services.feedback.receipts import ForgedFollow

REFUSALS: dict[type[Exception], tuple[int, str, str]] = {
    NoMail: (409, "no-mail", "This installation sends no e-mail"),
    NoSuchSubject: (422, "unknown-subject", "There is nothing of this id to follow"),
    NoSuchFollow: (404, "unknown-follow", "There is no such subscription"),
    ForgedFollow: (404, "unknown-follow", "There is no such subscription"),
    TooManyUnconfirmed: (429, "too-many-unconfirmed", "The address has been asked often enough today"),
}
