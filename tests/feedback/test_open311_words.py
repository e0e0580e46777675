"""Reports are found by words of their descriptions, in any language, however many there are."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.feedback.open311 import words
from shared.database import connection
from tests.feedback.test_moderation import HIDE, case_of, decide, flag
from tests.feedback.test_open311 import V2, made

MANY = """
INSERT INTO request (id, jurisdiction_id, service_id, contributor, opened_at, status, description)
SELECT gen_random_uuid(), jurisdiction_id, service_id, contributor, opened_at - n * interval '1 hour', status,
       'Nothing but noise ' || n
FROM request, generate_series(1, 1000) AS n WHERE id = $1
"""
AGE = "UPDATE request SET opened_at = opened_at - $2 * interval '1 day' WHERE id = $1"
BATTERED = "Zerbeulte ÄMTER-Tafel (Nr. 12/b), see https://example.org/tafel?x=1 – can't be read"


async def ids(client: httpx.AsyncClient, city: str, **query: Any) -> list[str]:
    answer = await client.get(f"{V2}/requests.json", params={"jurisdiction_id": city, **query})
    assert answer.status_code == 200, answer.text
    return [each["service_request_id"] for each in answer.json()]


@pytest.mark.parametrize(
    ("description", "found", "missed"),
    [
        (BATTERED, ["zerbeulte", "ämter", "ÄMTER tafel", "12/b", "Nr. 12", "ämter-tafel", "example.org", "can't"],
         ["beulte", "amter", "zerbeulte lamp", "-tafel lamp", "12/c", "OR"]),
        ("東京の街灯が壊れた", ["東京", "街灯", "壊れ 東京", "灯"], ["京東", "東灯"]),
        ("ถนนชำรุด", ["ชำรุด", "ถนน"], ["นถ"]),
        ("서울에서 가로등", ["서울", "가로등"], ["울서"]),
        ("Улица сломана", ["УЛИЦА", "сломана улица"], ["улиц"]),
        ("الشارع مظلم", ["مظلم"], ["شارع"]),
        ("x" * 4_000, [], ["x", "x" * 200]),
    ],
)  # fmt: skip
async def test_words_are_found_in_any_language_and_spelling(
    citizen: httpx.AsyncClient, city: str, poles: str, description: str, found: list[str], missed: list[str]
) -> None:
    report = await made(citizen, city, poles, description=description)
    for asked in found:
        assert await ids(citizen, city, q=asked) == [report], asked
    for asked in missed:
        assert await ids(citizen, city, q=asked) == [], asked


@pytest.mark.parametrize("asked", ["???", "'", '"', '"a" & !b | (c:*)', "\\", "-", "a or", "<->", "\0\ud7ff"])
async def test_signs_are_no_language_of_queries(citizen: httpx.AsyncClient, city: str, poles: str, asked: str) -> None:
    await made(citizen, city, poles)
    assert await ids(citizen, city, q=asked) == []


async def test_rare_words_are_found_behind_many_other_reports_page_by_page(
    citizen: httpx.AsyncClient, feedback: FastAPI, city: str, poles: str
) -> None:
    reports = [await made(citizen, city, poles, description=f"A heron on pole {number}") for number in range(4)]
    async with connection(feedback.state.engine) as database:
        for age, report in enumerate(reports):
            await database.execute(AGE, report, 20 * age)
        await database.execute(MANY, await made(citizen, city, poles))
    asked = {"q": "pole HERON", "page_size": 2}
    assert await ids(citizen, city, **asked) == reports[:2]
    assert await ids(citizen, city, **asked, page=2) == reports[2:]
    assert await ids(citizen, city, **asked, page=3) == []
    assert await ids(citizen, city, **asked, service_code="moon") == []
    assert len(await ids(citizen, city, q="noise", page_size=50, page=20)) == 50
    assert await ids(citizen, city, q="noise", page_size=50, page=21) == []
    async with connection(feedback.state.engine) as database:
        await words.file(database)
    assert await ids(citizen, city, q="heron 3", page_size=2) == reports[3:]


async def test_what_the_public_cannot_read_is_not_found(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, city: str, poles: str
) -> None:
    report = await made(citizen, city, poles, description="Ask jane.doe@example.org about the heron")
    assert await ids(citizen, city, q="heron") == [report]
    assert await ids(citizen, city, q="jane.doe@example.org") == []
    await flag(citizen, report)
    await decide(clerk, await case_of(clerk, city, report), **HIDE)
    assert await ids(citizen, city, q="heron") == []
