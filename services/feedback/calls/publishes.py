"""What happened to calls, as the events that others learn of. None carries text or a place."""

from services.feedback.calls.domain import Call
from services.feedback.places import place
from shared.contracts.feedback import TOPIC, CallClosed, CallOpened, Form
from shared.outbox.append import Outgoing, outgoing


def opened(call: Call) -> Outgoing:
    """The city calls for contributions."""
    contract = CallOpened(
        **place(call),
        call_id=str(call.id),
        opened_at=call.opened_at,
        form=None if call.form is None else Form(call.form),
        closes_at=call.closes_at,
    )
    return outgoing(TOPIC, call.service_id, contract, call.opened_at)


def closed(call: Call) -> Outgoing:
    """A call is over. ValueError for one that is not."""
    if call.closed_at is None:
        raise ValueError(f"call {call.id} is open")
    contract = CallClosed(
        **place(call),
        call_id=str(call.id),
        opened_at=call.opened_at,
        closed_at=call.closed_at,
    )
    return outgoing(TOPIC, call.service_id, contract, call.closed_at)
