"""Whatever fits or does not fit the OpenAPI document of a service is answered as it says, on every route.

Schemathesis makes the requests and holds the answers against all its checks. `make fuzz` makes many more of them,
every time others, and each value at the edge of what the document allows (`CIVICLOOP_FUZZ`, `CIVICLOOP_FUZZ_SEED`).
"""

import os
import socket
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import schemathesis
import uvicorn
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, seed
from hypothesis import settings as examples
from hypothesis.stateful import run_state_machine_as_test
from schemathesis import Case, GenerationMode
from schemathesis.checks import CheckFunction
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.core.transport import Response
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ensure_resource_availability,
    negative_data_rejection,
    positive_data_acceptance,
    use_after_free,
)

MORE = int(os.environ.get("CIVICLOOP_FUZZ", "0"))
SEED = int(os.environ.get("CIVICLOOP_FUZZ_SEED", "1"))
PHASES = [Phase.explicit, Phase.generate] if MORE else [Phase.generate]
"""Values at the edges are explicit examples; there are some ten thousand for a service."""

STEPS = 8
"""Of a sequence."""

STILL_TO_COME = ("unknown-support", "unknown-answer", "unknown-vote", "unknown-merge-offer")
"""What can be missing of something that is there."""

OWN = ("value error", "value is not a valid email address")
"""How validation names a rule of our own that JSON Schema cannot state; of all else that it finds, the schema speaks.

Such as "ends before it starts", "is listed twice", what BCP 47, IANA or a mail server knows, or what remains of text
when all that cannot be seen is taken out."""

REFUSED_FAIRLY = {
    "an id names nothing that is here, or nothing of theirs": (
        "unknown-", "foreign-", "other-jurisdiction", "not-your-closed-request", "no-original", "unusable-media",
        "no-technology", "call-for-something-else",
    ),
    "what is kept does not allow it": (
        "stale", "fixed-", "cycle", "overlapping-period", "outside-jurisdiction", "other-questions", "wrong-ballot",
        "beyond-budget", "too-many ", "illegal-transition", "no-reason", "not-enough-evidence", "no-change-known",
        "unfit-texts",
    ),
    "it follows from today": ("future-day", "impossible-time", "impossible-period", "too-old"),
    "OpenAPI has no rule between parameters": ("empty-span", "two-spans", "long-history", "too-fine", "too-much"),
    "a text says what a pattern cannot": (
        "bad-cursor", "no-words", "no-id", "unusable-template", "invalid-day GET /v1/comparisons",
    ),
    "a file is looked at once it is there": (
        "unreadable", "refused", "invalid-mapping", "invalid-scorecard", "not-a-picture", "damaged-picture",
    ),
    "whoever gives is named by a header, or in the body": ("giver-needed",),
    "an entity as a whole would not fit into its event": ("entity-too-large",),
}  # fmt: skip
"""Why something that fits the document is refused though the document cannot say so, and by which problems: how their
types begin, or all of a type and its operation. 404 and 409 are fair by themselves; any other refusal is a fault."""

FAIR = tuple(each for types in REFUSED_FAIRLY.values() for each in types)

OPEN311 = "/open311/v2/requests."
"""Its errors have the standard's own form; which fields go together, OpenAPI cannot say of forms."""

REFUSES = (400, 412, 415, 422)
UNREAD = "Invalid HTTP request received."
"""What the HTTP server says of more than 64 KiB of address and headers, before the service sees them."""


def few_or_many(number: int) -> examples:
    """So many examples of each operation, the same for the same tests in a run; many where they are asked for."""
    return examples(
        max_examples=MORE or number, derandomize=True, deadline=None, database=None,
        phases=PHASES, suppress_health_check=list(HealthCheck),
    )  # fmt: skip


def schema_of(app: FastAPI) -> BaseSchema:
    """The document of a service; what goes together in sequences, its links say, and no guess."""
    sequences = {"inference": {"algorithms": []}, "generation": {"mode": "positive"}}
    config = SchemathesisConfig.from_dict({"seed": SEED, "phases": {"stateful": sequences}})
    return schemathesis.openapi.from_dict(app.openapi(), config=config)


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Where a service is served meanwhile, on a real socket."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


@schemathesis.serializer("text/csv", "text/turtle")
def _file(_: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")


class Asked:
    """A service that is asked, by somebody with a key for everything.

    `known` are values by the names of members, such as the ids of what is there: else next to all answers were 404.
    `forgiving` are operations where what does not fit is not refused, with the reason.
    """

    def __init__(
        self, address: str, key: str, known: Mapping[str, str], forgiving: Collection[str] = frozenset()
    ) -> None:
        self.address = address
        self.headers = {"Authorization": f"Bearer {key}"}
        self.known = known
        self._forgiving = forgiving

    def hold(self, case: Case) -> None:
        """Asks, and holds the answer against the document."""
        self.fit(case)
        response = case.call(base_url=self.address, headers=self.headers)
        case.validate_response(response, excluded_checks=self.excluded(case, response), headers=self.headers)

    def fit(self, case: Case) -> None:
        """Puts in what is known, where the case is one that fits."""
        if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
            return
        for part in (case.path_parameters, case.query, case.body):
            if isinstance(part, dict):
                part.update({name: value for name, value in self.known.items() if isinstance(part.get(name), str)})

    def excluded(self, case: Case, response: Response) -> Sequence[CheckFunction]:
        """Checks that do not apply to an answer."""
        found: list[CheckFunction] = [positive_data_acceptance] if _breaks_a_rule(case, response) else []
        if case.operation.label in self._forgiving or response.status_code == 413:  # which refuses, too
            found.append(negative_data_rejection)
        if response.status_code == 400 and response.content == UNREAD.encode():
            found += [positive_data_acceptance, content_type_conformance]
        return found


def _breaks_a_rule(case: Case, response: Response) -> bool:
    """Whether it fits the schema, and breaks a rule that no schema can state."""
    if response.status_code not in REFUSES:
        return False
    if response.headers["content-type"][0] != "application/problem+json":
        return case.operation.path.startswith(OPEN311)
    told = response.json()
    type = told["type"].removeprefix("urn:civicloop:problem:")
    if type != "invalid-input":
        return f"{type} {case.operation.label}".startswith(FAIR)
    if case.media_type == "application/merge-patch+json":  # what it makes of what is there, is looked at
        return True
    messages = [each["message"].lower() for each in told.get("errors", ())]
    return all(each.startswith(OWN) for each in messages)  # without any, parameters do not go together


def hold_sequences(schema: BaseSchema, path: str, make: Callable[[], Any], asked: Asked, number: int) -> None:
    """Asks sequences of operations, by the links of the document: what is made is read, changed and taken back.

    `make` says what is made at the path; all that follows is generated. Whoever asks is one person in each, and shows
    the receipt token that they were given; staff, where nobody else may.
    """
    machine: Any = schema.include(path_regex=f"^{path}(/|$)").as_state_machine()
    made: list[Response] = []
    found: list[FailureGroup] = []
    staffs: set[str] = set()

    class Sequences(machine):  # type: ignore[misc]
        def setup(self) -> None:
            self.headers: dict[str, str] = {}

        def before_call(self, case: Case) -> None:
            asked.fit(case)
            if case.operation.label == f"POST {path}":
                case.body, case.media_type = make(), "application/json"

        def call(self, case: Case, **_: Any) -> Response:
            if case.operation.label not in staffs:
                response = case.call(base_url=asked.address, headers=self.headers)
                if response.status_code not in (401, 404):  # a draft is nobody else's business
                    return response
                staffs.add(case.operation.label)
            return case.call(base_url=asked.address, headers=self.headers | asked.headers)

        def after_call(self, response: Response, case: Case) -> None:
            super().after_call(response, case)
            if case.operation.label == f"POST {path}":
                made.append(response)
                if token := response.json().get("receipt_token"):
                    self.headers["Receipt-Token"] = token

        def validate_response(self, response: Response, case: Case, **_: Any) -> None:
            excluded = [*asked.excluded(case, response), *_what_remains(response)]
            try:
                case.validate_response(response, excluded_checks=excluded, headers=self.headers, recorder=self.recorder)
            except FailureGroup as failures:
                found.append(failures)  # raised here, Hypothesis would ask all of it again, of what is there by now

    run_state_machine_as_test(seed(SEED)(Sequences), settings=examples(few_or_many(number), stateful_step_count=STEPS))
    assert made
    assert all(response.status_code in (200, 201) for response in made), made[0].text
    if found:
        raise BaseExceptionGroup("What sequences of operations showed", found)


def _what_remains(response: Response) -> Sequence[CheckFunction]:
    """Checks that do not apply to something of what was made that is still to come, or to what was taken back."""
    if not response.headers["content-type"][0].endswith("json"):
        return []
    told = response.json() if response.content else {}
    if response.status_code == 404 and told["type"].endswith(STILL_TO_COME):
        return [ensure_resource_availability]
    withdrawn = isinstance(told, dict) and (told.get("state") == "withdrawn" or told.get("withdrawn_at"))
    return [use_after_free] if withdrawn else []  # it stays to be seen that it was
