"""What a mail says in one line of each kind of news."""

from collections.abc import Callable, Mapping
from typing import Any

Gettext = Callable[[str], str]


def _n(text: str) -> str:
    """Marks a text for the catalogues; it is translated when it is used."""
    return text


HEADLINES: Mapping[str, str] = {
    "request-opened": _n("%(name)s: a new request"),
    "request-acknowledged": _n("%(name)s: your city has taken note of the request"),
    "request-progressed": _n("%(name)s: the request is now %(state)s"),
    "request-answered": _n("%(name)s: your city answered the request"),
    "request-closed": _n("%(name)s: the request was closed as %(resolution)s"),
    "request-reopened": _n("%(name)s: the request is open again"),
    "proposal-published": _n("%(name)s: a new proposal"),
    "proposal-qualified": _n("%(name)s: the proposal has enough support; the city owes a decision"),
    "proposal-decided": _n("%(name)s: the city decided: %(decision)s"),
    "proposal-merged": _n("%(name)s: the proposal goes on in another one"),
    "milestone-reached": _n("%(name)s: a step of what was decided is done"),
    "proposal-delivered": _n("%(name)s: what was decided is there"),
    "consultation-opened": _n("%(name)s: the city asks for your opinion"),
    "consultation-closed": _n("%(name)s: the results of a consultation are there"),
    "budget-opened": _n("%(name)s: you can vote on a budget"),
    "budget-decided": _n("%(name)s: the vote on a budget is counted"),
    "call-opened": _n("%(name)s: the city calls for contributions"),
}
WORDS = {
    "resolved": _n("resolved"),
    "declined": _n("declined"),
    "duplicate": _n("a duplicate of another one"),
    "invalid": _n("not valid"),
    "investigating": _n("being looked into"),
    "in_progress": _n("in progress"),
    "action_scheduled": _n("scheduled"),
    "internal_referral": _n("with another department"),
    "accepted": _n("accepted"),
    "partly_accepted": _n("accepted in part"),
}


def headline(event: str, name: str, telling: Mapping[str, Any], gettext: Gettext) -> str:
    """`name` is that of the service, or the title of a proposal."""
    words = {key: gettext(WORDS[value]) if value in WORDS else str(value) for key, value in telling.items()}
    return gettext(HEADLINES[event]) % ({"name": name} | words)
