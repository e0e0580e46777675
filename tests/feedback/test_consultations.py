"""The city asks, citizens answer, each once, and all see the results when it is over."""

import asyncio
import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.consultations import closing
from services.feedback.consultations.giving import GIVING
from services.feedback.privacy import FEWEST, showable
from shared.contracts.feedback import (
    Because,
    ConsultationAnswered,
    ConsultationAnswerWithdrawn,
    ConsultationClosed,
    ConsultationOpened,
)
from shared.database import connection, transaction
from tests.feedback.conftest import Events, tell_of_service

ONE, OTHER = {"code": "one", "text": {"en": "One"}}, {"code": "other", "text": {"en": "Other"}}
THIRD = {"code": "third", "text": {"en": "A third", "de": "Ein drittes"}}
QUESTIONS: list[dict[str, Any]] = [
    {"kind": "single_choice", "code": "which", "text": {"en": "Which?"}, "required": True, "options": [ONE, OTHER]},
    {"kind": "multiple_choice", "code": "some", "text": {"en": "Some?"}, "options": [ONE, OTHER, THIRD], "most": 2},
    {"kind": "scale", "code": "how", "text": {"en": "How?"}, "labels": {"1": {"en": "Badly"}, "5": {"en": "Well"}}},
    {"kind": "number", "code": "many", "text": {"en": "How many?"}, "minimum": 0, "maximum": 10, "whole": True},
    {"kind": "short_text", "code": "name", "text": {"en": "A name?"}, "max_length": 20},
    {"kind": "long_text", "code": "why", "text": {"en": "Why?"}},
    {"kind": "ranking", "code": "order", "text": {"en": "In which order?"}, "options": [ONE, OTHER, THIRD]},
    {"kind": "matrix", "code": "each", "text": {"en": "Each?"}, "rows": [ONE, OTHER], "options": [ONE, THIRD]},
]


def draft_of(service: str, **changes: Any) -> dict[str, Any]:
    closes_at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    title = {"en": "Benches", "de": "Bänke"}
    return {"service_id": service, "title": title, "questions": QUESTIONS, "closes_at": closes_at} | changes


async def drafted(clerk: httpx.AsyncClient, service: str, **changes: Any) -> str:
    answer = await clerk.post("/v1/consultations", json=draft_of(service, **changes))
    assert answer.status_code == 201, answer.text
    consultation_id: str = answer.json()["id"]
    return consultation_id


async def opened(clerk: httpx.AsyncClient, service: str, **changes: Any) -> str:
    consultation_id = await drafted(clerk, service, **changes)
    answer = await clerk.post(f"/v1/consultations/{consultation_id}/publish")
    assert answer.status_code == 200, answer.text
    return consultation_id


async def answer(
    citizen: httpx.AsyncClient, consultation_id: str, token: str | None = None, district: str | None = None, **said: Any
) -> httpx.Response:
    headers = {"Receipt-Token": token} if token else {}
    body = {"answers": {"which": "one"} | said, "district_id": district}
    return await citizen.post(f"/v1/consultations/{consultation_id}/answers", json=body, headers=headers)


async def end(app: FastAPI, consultation_id: str) -> None:
    """Moves the period into the past: its clock is the database's, and the test does not wait for it."""
    async with transaction(app.state.engine) as database:
        await database.execute(
            "UPDATE consultation SET opens_at = now() - interval '2 hours', closes_at = now() WHERE id = $1",
            UUID(consultation_id),
        )


async def test_from_draft_to_results(
    clerk: httpx.AsyncClient, citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str, city: str, events: Events
) -> None:
    consultation_id = await drafted(clerk, lamps)
    at = f"/v1/consultations/{consultation_id}"
    assert (await citizen.get(at)).status_code == 404
    assert (await answer(citizen, consultation_id)).status_code == 404
    assert (await clerk.get(at)).json()["state"] == "draft"
    seen = (await clerk.post(f"{at}/publish")).json()
    assert seen["state"] == "open"
    assert (await citizen.get(at)).json() == seen
    assert [each["id"] for each in (await citizen.get(f"/v1/consultations?service_id={lamps}")).json()["items"]] == [
        consultation_id
    ]
    said = {
        "some": ["third", "one"], "how": 4, "many": 3, "name": " Ada ", "why": "It is dark", "order": ["third", "one"],
        "each": {"one": "third"},
    }  # fmt: skip
    given_answer = await answer(citizen, consultation_id, district=f"{city}.north", **said)
    assert given_answer.status_code == 201, given_answer.text
    assert given_answer.json()["answers"] == {"which": "one"} | said | {"some": ["one", "third"], "name": "Ada"}
    refused = await citizen.get(f"{at}/results")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:civicloop:problem:results-not-out")
    await end(feedback, consultation_id)
    assert (await citizen.get(at)).json()["state"] == "closed"
    found = (await citizen.get(f"{at}/results")).json()
    assert (found["answers"], found["state"], found["by_district"]) == (1, "closed", [])
    told = await events(lamps)
    assert [type(event) for event in told] == [ConsultationOpened, ConsultationAnswered, ConsultationClosed]
    opening, given_event, closed = told
    assert isinstance(opening, ConsultationOpened)
    assert isinstance(given_event, ConsultationAnswered)
    assert isinstance(closed, ConsultationClosed)
    assert opening.opens_at.isoformat() == datetime.fromisoformat(seen["opens_at"]).isoformat()
    assert (given_event.district_id, given_event.answer_id) == (f"{city}.north", given_answer.json()["id"])
    assert closed.answers == 1
    assert "dark" not in repr(told)
    assert (await citizen.get(at)).json()["answers"] == 1


async def test_results_of_each_kind(
    clerk: httpx.AsyncClient, citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str
) -> None:
    consultation_id = await opened(clerk, lamps)
    given_answers: list[dict[str, Any]] = [
        {"which": "one", "some": ["one", "other"], "how": 5, "many": 1, "order": ["one", "other", "third"]},
        {"which": "one", "some": ["other"], "how": 2, "many": 4, "order": ["third", "one"], "why": "b"},
        {"which": "other", "how": 2, "many": 10, "order": ["third"], "each": {"one": "one", "other": "third"}},
        {"which": "one", "each": {"one": "one"}, "why": "a"},
    ]
    for said in given_answers:
        assert (await answer(citizen, consultation_id, **said)).status_code == 201
    await end(feedback, consultation_id)
    found = {each["code"]: each for each in (await _results(citizen, consultation_id))["questions"]}
    assert {code: (each["n"], each["n_missing"]) for code, each in found.items()} == {
        "which": (4, 0), "some": (2, 2), "how": (3, 1), "many": (3, 1), "name": (0, 4), "why": (2, 2), "order": (3, 1),
        "each": (2, 2),
    }  # fmt: skip
    assert _counts(found["which"]["options"]) == {"one": (3, 0.75), "other": (1, 0.25)}
    assert _counts(found["some"]["options"]) == {"one": (1, 0.5), "other": (2, 1.0), "third": (0, 0.0)}
    assert found["how"]["mean"] == 3
    assert _counts(found["how"]["options"])["2"] == (2, 0.666667)
    assert (found["many"]["mean"], found["many"]["median"]) == (5, 4)
    assert [(each["code"], each["points"], each["placed"], each["first"], each["average_rank"])
            for each in found["order"]["ranking"]] == [
        ("third", 4, 3, 2, 1.666667), ("one", 3, 2, 1, 1.5), ("other", 1, 1, 0, 2.0)
    ]  # fmt: skip
    assert [(row["code"], row["n"], _counts(row["options"])["one"]) for row in found["each"]["rows"]] == [
        ("one", 2, (2, 1.0)), ("other", 1, (0, 0.0)),
    ]  # fmt: skip


async def _results(citizen: httpx.AsyncClient, consultation_id: str) -> Any:
    found = await citizen.get(f"/v1/consultations/{consultation_id}/results")
    assert found.status_code == 200, found.text
    return found.json()


def _counts(options: list[dict[str, Any]]) -> dict[str, tuple[int, float]]:
    return {each["code"]: (each["count"], each["share"]) for each in options}


async def test_an_answer_is_replaced_and_taken_back(
    clerk: httpx.AsyncClient, citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str, events: Events
) -> None:
    consultation_id = await opened(clerk, lamps)
    first = (await answer(citizen, consultation_id, why="first")).json()
    token = first["receipt_token"]
    second = (await answer(citizen, consultation_id, token, which="other")).json()
    mine = f"/v1/consultations/{consultation_id}/answers/mine"
    headers = {"Receipt-Token": token}
    assert (await citizen.get(mine, headers=headers)).json()["id"] == second["id"]
    gone, new = (await events(lamps))[-2:]
    assert isinstance(gone, ConsultationAnswerWithdrawn)
    assert isinstance(new, ConsultationAnswered)
    assert (gone.answer_id, gone.because, new.answer_id) == (first["id"], Because.REPLACED, second["id"])
    assert gone.contributor == new.contributor
    assert (await citizen.delete(mine)).status_code == 401
    assert (await citizen.delete(mine, headers=headers)).status_code == 204
    assert (await citizen.delete(mine, headers=headers)).status_code == 404
    assert (await citizen.get(mine, headers=headers)).status_code == 404
    last = (await events(lamps))[-1]
    assert isinstance(last, ConsultationAnswerWithdrawn)
    assert (last.answer_id, last.because) == (second["id"], Because.WITHDRAWN)
    again = (await answer(citizen, consultation_id, token)).json()
    await end(feedback, consultation_id)
    for refused in (
        await answer(citizen, consultation_id, token),
        await answer(citizen, consultation_id),
        await citizen.delete(mine, headers=headers),
    ):
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:civicloop:problem:not-open")
    assert (await citizen.get(mine, headers=headers)).json()["id"] == again["id"]
    assert (await _results(citizen, consultation_id))["answers"] == 1


async def test_answers_of_one_contributor_by_two_processes(
    clerk: httpx.AsyncClient,
    citizen: httpx.AsyncClient,
    neighbour: httpx.AsyncClient,
    feedback: FastAPI,
    lamps: str,
    events: Events,
) -> None:
    consultation_id = await opened(clerk, lamps)
    token = (await answer(citizen, consultation_id)).json()["receipt_token"]
    taken = await asyncio.gather(
        *(answer(who, consultation_id, token, how=1 + n % 5) for n in range(5) for who in (citizen, neighbour))
    )
    assert {each.status_code for each in taken} == {201}
    async with connection(feedback.state.engine) as database:
        kept = await database.fetch(
            "SELECT id FROM consultation_answer WHERE consultation_id = $1", UUID(consultation_id)
        )
    assert len(kept) == 1
    counting: list[str] = []
    for event in await events(lamps):
        if isinstance(event, ConsultationAnswered):
            counting.append(event.answer_id)
        elif isinstance(event, ConsultationAnswerWithdrawn):
            counting.remove(event.answer_id)
    assert counting == [str(kept[0]["id"])]


async def test_it_is_closed_once_with_all_that_were_taken(
    clerk: httpx.AsyncClient,
    citizen: httpx.AsyncClient,
    neighbour: httpx.AsyncClient,
    feedback: FastAPI,
    other_feedback: FastAPI,
    lamps: str,
    events: Events,
) -> None:
    consultation_id = await opened(clerk, lamps)

    async def answer_often(who: httpx.AsyncClient) -> int:
        codes = [(await answer(who, consultation_id)).status_code for _ in range(20)]
        assert set(codes) <= {201, 409}
        assert codes == sorted(codes)
        return codes.count(201)

    givers = [asyncio.create_task(answer_often(who)) for who in (citizen, neighbour)]
    await asyncio.sleep(0)
    await end(feedback, consultation_id)
    await asyncio.gather(
        closing.close_all(feedback.state.engine),
        closing.close_all(other_feedback.state.engine),
        *(who.get(f"/v1/consultations/{consultation_id}/results") for who in (citizen, neighbour)),
    )
    taken = sum([await each for each in givers])
    closed = [event for event in await events(lamps) if isinstance(event, ConsultationClosed)]
    assert [event.answers for event in closed] == [taken]
    assert (await _results(citizen, consultation_id))["answers"] == taken


FAULTS: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"which": None}, {"which": "must be answered"}),
    ({"which": "neither", "how": 6, "nope": 1}, {
        "nope": "is no question of this consultation",
        "which": "must be the code of one of the question's options",
        "how": "must be a whole number from 1 to 5",
    }),
    ({"some": ["one", "one"]}, {"some": "names an option twice"}),
    ({"some": ["one", "other", "third"]}, {"some": "takes at most 2"}),
    ({"some": []}, {"some": "needs at least 1"}),
    ({"some": ["one"] * 10_000}, {"some": "must be a list of at most 3 codes of the question's options"}),
    ({"order": "one"}, {"order": "must be a list of at most 3 codes of the question's options"}),
    ({"many": True}, {"many": "must be a number"}),
    ({"many": 2.5}, {"many": "must be a whole number"}),
    ({"many": 10**400}, {"many": "must be from 0 to 10"}),
    ({"many": -1}, {"many": "must be from 0 to 10"}),
    ({"how": 2.5}, {"how": "must be a whole number from 1 to 5"}),
    ({"how": "3"}, {"how": "must be a whole number from 1 to 5"}),
    ({"name": "x" * 21}, {"name": "must have at most 20 characters"}),
    ({"name": "\0"}, {"name": "holds a NUL character"}),
    ({"name": "  "}, {"name": "must not be empty"}),
    ({"why": ["x"]}, {"why": "must be text"}),
    ({"each": {"fourth": "one"}}, {"each": "has a row that the question does not have"}),
    ({"each": {"one": "other"}}, {"each": "must be the code of one of the question's options"}),
]  # fmt: skip


@pytest.mark.parametrize(("said", "faults"), FAULTS)
async def test_all_that_is_wrong_is_named(
    clerk: httpx.AsyncClient, citizen: httpx.AsyncClient, lamps: str, said: dict[str, Any], faults: dict[str, str]
) -> None:
    consultation_id = await opened(clerk, lamps)
    refused = await answer(citizen, consultation_id, **said)
    assert refused.status_code == 422, refused.text
    assert {each["at"]: each["message"] for each in refused.json()["errors"]} == {
        f"answers.{code}": fault for code, fault in faults.items()
    }


@pytest.mark.parametrize("written", ["NaN", "Infinity", "-Infinity", "1e999", "[" * 500 + "]" * 500, '"\\ud800"'])
async def test_numbers_that_are_none(
    clerk: httpx.AsyncClient, citizen: httpx.AsyncClient, lamps: str, written: str
) -> None:
    consultation_id = await opened(clerk, lamps)
    for question in ("many", "how", "which", "some", "name", "each"):
        body = f'{{"answers": {{"which": "one", "{question}": {written}}}}}'
        refused = await citizen.post(
            f"/v1/consultations/{consultation_id}/answers",
            content=body,
            headers={"Content-Type": "application/json", "Idempotency-Key": f"{question}"},
        )
        assert refused.status_code in (400, 422), (question, refused.text)


async def test_a_flood_of_unknown_questions(clerk: httpx.AsyncClient, citizen: httpx.AsyncClient, lamps: str) -> None:
    consultation_id = await opened(clerk, lamps)
    refused = await answer(citizen, consultation_id, **{f"q{n}": n for n in range(10_000)})
    assert refused.status_code == 422
    assert len(refused.content) < 10_000


def without(question: dict[str, Any], **changes: Any) -> list[dict[str, Any]]:
    return [{"code": "q", "text": {"en": "?"}, **question, **changes}]


@pytest.mark.parametrize(
    "changes",
    [
        {"questions": []},
        {"questions": QUESTIONS * 2},
        {"questions": QUESTIONS[:1] * 5_000},
        {"questions": without({"kind": "guess"})},
        {"questions": without({"kind": "single_choice", "options": [ONE]})},
        {"questions": without({"kind": "single_choice", "options": [ONE, ONE]})},
        {"questions": without({"kind": "multiple_choice", "options": [ONE, OTHER], "least": 3})},
        {"questions": without({"kind": "multiple_choice", "options": [ONE, OTHER], "most": 0})},
        {"questions": without({"kind": "scale", "low": 5, "high": 5})},
        {"questions": without({"kind": "scale", "labels": {"9": {"en": "x"}}})},
        {"questions": without({"kind": "number", "minimum": 3, "maximum": 2})},
        {"questions": without({"kind": "short_text", "text": {}})},
        {"questions": without({"kind": "short_text", "text": {"english": "\0"}})},
        {"title": {}},
        {"closes_at": "9999-12-31T23:59:59-14:00"},
        {"closes_at": 1_900_000_000},
        {"closes_at": "2027-01-01T00:00:00"},
        {"service_id": "nowhere.nothing"},
        {"more": 1},
    ],
)
async def test_drafts_that_make_no_sense(clerk: httpx.AsyncClient, lamps: str, changes: dict[str, Any]) -> None:
    refused = await clerk.post("/v1/consultations", json=draft_of(lamps, **changes))
    assert refused.status_code == 422, refused.text


async def test_only_staff_asks(
    citizen: httpx.AsyncClient, importer: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str
) -> None:
    at = f"/v1/consultations/{await drafted(clerk, lamps)}"
    for who, status in ((citizen, 401), (importer, 403)):
        assert (await who.post("/v1/consultations", json=draft_of(lamps))).status_code == status
        assert (await who.put(at, json=draft_of(lamps))).status_code == status
        assert (await who.delete(at)).status_code == status
        assert (await who.post(f"{at}/publish")).status_code == status
        assert (await who.post(f"{at}/corrections", json={})).status_code == status
    assert (await citizen.get("/v1/consultations?state=draft")).status_code == 401
    assert (await citizen.get(f"{at}/versions")).status_code == 404


async def test_a_draft_changes_and_what_is_published_does_not(clerk: httpx.AsyncClient, lamps: str) -> None:
    consultation_id = await drafted(clerk, lamps)
    at = f"/v1/consultations/{consultation_id}"
    changed = await clerk.put(at, json=draft_of(lamps, title={"en": "Trees"}))
    assert changed.json()["title"] == {"en": "Trees"}
    assert (await clerk.post(f"{at}/publish", headers={"Idempotency-Key": "p"})).status_code == 200
    assert (await clerk.post(f"{at}/publish", headers={"Idempotency-Key": "p"})).status_code == 200
    for refused in (
        await clerk.post(f"{at}/publish"),
        await clerk.put(at, json=draft_of(lamps)),
        await clerk.delete(at),
    ):
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:civicloop:problem:already-published")
    other = await drafted(clerk, lamps)
    assert (await clerk.delete(f"/v1/consultations/{other}")).status_code == 204
    assert (await clerk.get(f"/v1/consultations/{other}")).status_code == 404


async def test_wording_is_corrected_and_kept(clerk: httpx.AsyncClient, citizen: httpx.AsyncClient, lamps: str) -> None:
    consultation_id = await opened(clerk, lamps)
    at = f"/v1/consultations/{consultation_id}"
    first = (await answer(citizen, consultation_id)).json()
    questions = json.loads(json.dumps(QUESTIONS))
    questions[0]["text"] = {"en": "Which one?", "fr": "Lequel ?"}
    questions[0]["options"][0]["text"] = {"en": "The first"}
    said = {"title": {"en": "Benches"}, "questions": questions, "reason": "It was not clear"}
    corrected = await clerk.post(f"{at}/corrections", json=said)
    assert corrected.status_code == 200, corrected.text
    assert corrected.json()["version"] == 2
    assert (await answer(citizen, consultation_id)).json()["version"] == 2
    assert first["version"] == 1
    kept = (await citizen.get(f"{at}/versions")).json()
    assert [(each["version"], each["reason"]) for each in kept] == [(1, None), (2, "It was not clear")]
    assert kept[0]["questions"][0]["text"] == {"en": "Which?"}
    for other in (
        questions[:-1], questions[::-1], [questions[0] | {"required": False}, *questions[1:]],
        [questions[0] | {"options": [ONE, OTHER, THIRD]}, *questions[1:]],
    ):  # fmt: skip
        refused = await clerk.post(f"{at}/corrections", json=said | {"questions": other})
        assert (refused.status_code, refused.json()["type"]) == (422, "urn:civicloop:problem:other-questions")


async def test_a_period_that_has_yet_to_begin_or_is_over(
    clerk: httpx.AsyncClient, citizen: httpx.AsyncClient, lamps: str
) -> None:
    now = datetime.now(UTC)
    later = await opened(
        clerk, lamps, opens_at=(now + timedelta(hours=1)).isoformat(), closes_at=(now + timedelta(hours=2)).isoformat()
    )
    assert (await citizen.get(f"/v1/consultations/{later}")).json()["state"] == "announced"
    assert (await answer(citizen, later)).json()["type"] == "urn:civicloop:problem:not-open"
    over = await drafted(clerk, lamps, closes_at=(now - timedelta(hours=1)).isoformat())
    refused = await clerk.post(f"/v1/consultations/{over}/publish")
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:civicloop:problem:impossible-period")
    listed = (await citizen.get(f"/v1/consultations?service_id={lamps}&state=announced")).json()["items"]
    assert [each["id"] for each in listed] == [later]


async def test_live_results_tell_no_districts_apart(
    clerk: httpx.AsyncClient, citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str, city: str
) -> None:
    consultation_id = await opened(clerk, lamps, live_results=True)
    for _ in range(FEWEST):
        await answer(citizen, consultation_id, district=f"{city}.north", why="x")
    live = await _results(citizen, consultation_id)
    assert (live["answers"], live["by_district"]) == (FEWEST, [])
    assert all(question["by_district"] == [] for question in live["questions"])
    assert (await citizen.get(f"/v1/consultations/{consultation_id}/answers.json")).status_code == 409
    await end(feedback, consultation_id)
    over = await _results(citizen, consultation_id)
    assert over["by_district"] == [{"district_id": f"{city}.north", "answers": FEWEST}]


async def test_few_of_a_district_are_not_told_apart(
    clerk: httpx.AsyncClient, citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str, city: str
) -> None:
    """North has 6 answers, of which 4 to the second question; south 3: neither can be had by subtracting."""
    consultation_id = await opened(clerk, lamps)
    for n in range(6):
        more = {"how": 5} if n < 4 else {}
        await answer(citizen, consultation_id, district=f"{city}.north", **more)
    for _ in range(3):
        await answer(citizen, consultation_id, district=f"{city}.south", how=1)
    await end(feedback, consultation_id)
    found = await _results(citizen, consultation_id)
    assert found["by_district"] == []
    assert all(question["by_district"] == [] for question in found["questions"])


@given(st.dictionaries(st.one_of(st.none(), st.sampled_from("abcdef")), st.integers(0, 12)))
def test_what_is_left_out_is_never_of_a_few(contributors: dict[str | None, int]) -> None:
    shown = showable(contributors)
    assert all(contributors[name] >= FEWEST for name in shown)
    left_out = [n for name, n in contributors.items() if name not in shown and n > 0]
    if shown and any(n < FEWEST for n in left_out):
        assert len(left_out) >= 2
        assert sum(left_out) >= FEWEST


async def test_texts_are_for_all_and_hidden_ones_are_not(
    clerk: httpx.AsyncClient, citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str
) -> None:
    consultation_id = await opened(clerk, lamps)
    token = (await answer(citizen, consultation_id, why="Rude words")).json()["receipt_token"]
    await answer(citizen, consultation_id, why="=HYPERLINK(1)", name="Ada")
    async with transaction(feedback.state.engine) as database:
        await database.execute("UPDATE consultation_text SET hidden_at = now() WHERE text = 'Rude words'")
    again = (await answer(citizen, consultation_id, token, why="Rude words")).json()
    assert again["answers"]["why"] == "Rude words"
    await end(feedback, consultation_id)
    at = f"/v1/consultations/{consultation_id}"
    listed = (await citizen.get(f"{at}/texts")).json()["items"]
    assert sorted((each["code"], each["text"], each["hidden"]) for each in listed if not each["hidden"]) == [
        ("name", "Ada", False), ("why", "=HYPERLINK(1)", False),
    ]  # fmt: skip
    assert [each["text"] for each in listed if each["hidden"]] == [None]
    first = (await citizen.get(f"{at}/texts?limit=1&question=why")).json()
    rest = (await citizen.get(f"{at}/texts?limit=9&question=why&cursor={first['next']}")).json()
    assert len(first["items"]) == len(rest["items"]) == 1
    written = (await citizen.get(f"{at}/texts.csv")).text
    assert "Rude" not in written
    assert ["why", "'=HYPERLINK(1)"] in list(csv.reader(io.StringIO(written)))


async def test_open_data_names_nobody_and_no_time(
    clerk: httpx.AsyncClient, citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str, city: str
) -> None:
    consultation_id = await opened(clerk, lamps)
    for said in ({"which": "other", "how": 2}, {"some": ["other", "one"], "each": {"other": "one"}}, {"how": 1}):
        await answer(citizen, consultation_id, district=f"{city}.north", **said, why="z" if "how" in said else "a")
    await end(feedback, consultation_id)
    found = (await citizen.get(f"/v1/consultations/{consultation_id}/answers.json")).json()
    # Not in the order in which they were given: 2, none, 1.
    assert [each.get("how") for each in found["answers"]] == [None, 1, 2]
    assert found["texts"] == {"why": ["a", "z", "z"]}
    lines = (await citizen.get(f"/v1/consultations/{consultation_id}/answers.csv")).text
    rows = list(csv.DictReader(io.StringIO(lines)))
    assert list(rows[0]) == ["which", "some", "how", "many", "order", "each.one", "each.other"]
    assert sorted((row["which"], row["some"], row["how"], row["each.other"]) for row in rows) == [
        ("one", "", "1", ""), ("one", "one|other", "", "one"), ("other", "", "2", ""),
    ]  # fmt: skip
    for told in (lines, json.dumps(found["answers"])):
        assert city not in told
        assert "2026" not in told


async def test_all_answers_of_a_contributor_are_exported_and_erased(
    clerk: httpx.AsyncClient, citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str, events: Events
) -> None:
    consultation_id = await opened(clerk, lamps)
    given_answer = (await answer(citizen, consultation_id, why="Mine")).json()
    await answer(citizen, consultation_id)
    told = (await events(lamps))[1]
    assert isinstance(told, ConsultationAnswered)
    async with transaction(feedback.state.engine) as database:
        (exported,) = await GIVING.export(database, [told.contributor])
        assert exported["answers"] == {"which": "one", "why": "Mine"}
        erased = await GIVING.erase(database, [told.contributor], 10, datetime.now(UTC))
        assert (await GIVING.erase(database, [told.contributor], 10, datetime.now(UTC))).inputs == 0
    assert erased.inputs == 1
    assert [event.type for event in erased.events] == ["feedback.consultation.answer.withdrawn.v1"]
    assert given_answer["id"].encode() in erased.events[0].data
    assert b'"erased"' in erased.events[0].data
    await end(feedback, consultation_id)
    found = await _results(citizen, consultation_id)
    assert found["answers"] == 1
    assert (await citizen.get(f"/v1/consultations/{consultation_id}/texts")).json()["items"] == []


async def test_a_key_sent_twice_answers_once(
    clerk: httpx.AsyncClient, citizen: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    consultation_id = await opened(clerk, lamps)
    body = {"answers": {"which": "one"}}
    sent = [
        await citizen.post(
            f"/v1/consultations/{consultation_id}/answers", json=body, headers={"Idempotency-Key": "twice-9"}
        )
        for _ in range(2)
    ]
    assert sent[0].content == sent[1].content
    assert len(await events(lamps)) == 2


async def test_a_service_that_takes_no_input_asks_nothing(
    clerk: httpx.AsyncClient, feedback: FastAPI, city: str
) -> None:
    draft = await tell_of_service(feedback, city, "planned", status="draft")
    assert (await clerk.post("/v1/consultations", json=draft_of(draft))).status_code == 409
