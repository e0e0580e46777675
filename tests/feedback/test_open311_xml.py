"""Whatever comes in, what goes out is well-formed, and no fault."""

import asyncio
import json
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.feedback.open311.formats import respond
from services.feedback.settings import FeedbackSettings
from tests.feedback.serving import served
from tests.feedback.test_open311 import V2

ANYTHING = st.text(st.characters(codec=None, exclude_categories=()), max_size=20)
SENDABLE = st.text(st.characters(codec="utf-8", exclude_categories=()), max_size=20)
NAMES = st.sampled_from(
    ["service_code", "lat", "long", "description", "email", "attribute[KIND]", "attribute[SIGNS][]", "media_url",
     "status", "start_date", "q", "page", "radius", "service_request_id", "api_key", "lang"]
)  # fmt: skip
FIELDS = st.lists(st.tuples(NAMES | SENDABLE, SENDABLE | st.sampled_from(["1", "48.2", "]]>", "<!DOCTYPE x>", "&a;"])),
                  max_size=8)  # fmt: skip
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANYTHING,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["code", "notes"]), inner),
    max_leaves=8,
)
FUZZED = settings(
    max_examples=60, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


@FUZZED
@given(DOCUMENTS)
def test_any_document_is_well_formed_in_both_formats(document: Any) -> None:
    assert ElementTree.fromstring(respond("errors", document, "xml").body).tag == "errors"
    json.loads(respond("errors", document, "json").body)


async def test_any_fields_are_answered_well_formed(settings: FeedbackSettings, city: str, poles: str) -> None:
    with served(settings) as url, httpx.Client(base_url=url) as client:

        @FUZZED
        @given(FIELDS, st.sampled_from(["json", "xml"]), st.sampled_from(["requests", "servicerequestupdates"]))
        def ask(fields: list[tuple[str, str]], format: str, where: str) -> None:
            sent = urlencode([("jurisdiction_id", city), *fields])
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            for answer in (
                client.get(f"{V2}/{where}.{format}?{sent}"),
                client.post(f"{V2}/{where}.{format}", content=sent, headers=form),
            ):
                assert answer.status_code < 500, (fields, answer.text)
                assert answer.headers["content-type"].partition(";")[0] in ("application/json", "text/xml")
                if format == "xml":
                    ElementTree.fromstring(answer.content)
                else:
                    answer.json()

        await asyncio.to_thread(ask)
