"""The pages that mails lead to: they work without scripts, and nothing is fetched from elsewhere."""

from fastapi.responses import HTMLResponse

from services.feedback.notices.domain import Follow
from services.feedback.notices.languages import ENGLISH
from services.feedback.notices.wording import render

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def page(name: str, follow: Follow | None, state: str) -> HTMLResponse:
    """A page about a subscription, in its language; `state` is `ask` or `done`."""
    language = follow.language if follow else ENGLISH
    return HTMLResponse(render(f"{name}.html", language, follow=follow, state=state), headers=HEADERS)
