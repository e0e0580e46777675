"""Copies, bursts and letters that are not what they seem: flagged for staff, never refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from services.feedback.moderation.watching import Watcher

LETTER = "The park must stay as it is, and no tree is to be felled for a car park"


@pytest.fixture
def watcher(feedback: FastAPI) -> Watcher:
    """The part of the background process that looks through what is new."""
    return Watcher(feedback.state.engine)


async def report(citizen: AsyncClient, service: str, text: str, **headers: str) -> dict[str, Any]:
    body = {"service_id": service, "description": text}
    response = await citizen.post("/v1/requests", json=body, headers=headers)
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


async def flags(clerk: AsyncClient, city: str) -> dict[str, list[str]]:
    cases = (await clerk.get("/v1/moderation", params={"jurisdiction_id": city, "limit": 1000})).json()["items"]
    return {case["item_id"]: sorted(each["reason"] for each in case["flags"]) for case in cases}


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(milliseconds=1)


async def test_the_same_letter_from_several_is_flagged_on_each(
    citizen: AsyncClient, clerk: AsyncClient, city: str, lamps: str, watcher: Watcher
) -> None:
    letters = [LETTER, LETTER.upper() + "!", LETTER.replace("felled", "cut")]
    made = [await report(citizen, lamps, text) for text in letters[:2]]
    await watcher.look(soon())
    assert await flags(clerk, city) == {}
    made.append(await report(citizen, lamps, letters[2]))
    await report(citizen, lamps, "The lamp in front of the school has been dark for a week")
    await watcher.look(soon())
    assert await flags(clerk, city) == {each["id"]: ["copies"] for each in made}
    shown = (await citizen.get(f"/v1/requests/{made[0]['id']}")).json()
    assert (shown["description"], shown["hidden"]) == (LETTER, False)


async def test_short_texts_are_the_same_by_chance(
    citizen: AsyncClient, clerk: AsyncClient, city: str, lamps: str, watcher: Watcher
) -> None:
    for _ in range(5):
        await report(citizen, lamps, "Street lamp broken")
    await watcher.look(soon())
    assert await flags(clerk, city) == {}


async def test_many_inputs_of_one_contributor_are_flagged_once(
    citizen: AsyncClient, clerk: AsyncClient, city: str, lamps: str, watcher: Watcher
) -> None:
    token = (await report(citizen, lamps, "Number 0"))["receipt_token"]
    for number in range(1, 25):
        await report(citizen, lamps, f"Number {number}", **{"Receipt-Token": token})
    await watcher.look(soon())
    assert list((await flags(clerk, city)).values()) == [["burst"]]


async def test_personal_data_and_letters_that_look_alike_are_flagged(
    citizen: AsyncClient, clerk: AsyncClient, city: str, lamps: str, watcher: Watcher
) -> None:
    masked = await report(citizen, lamps, "Call 617-635-4500")
    mixed = await report(citizen, lamps, "I am the m\u0430yor")
    await report(citizen, lamps, "Straße, señal, мэр, δήμος")
    await watcher.look(soon())
    assert await flags(clerk, city) == {masked["id"]: ["personal-data"], mixed["id"]: ["mixed-scripts"]}


async def test_a_process_that_starts_anew_flags_nothing_twice(
    citizen: AsyncClient, clerk: AsyncClient, city: str, lamps: str, watcher: Watcher, feedback: FastAPI
) -> None:
    made = [await report(citizen, lamps, LETTER) for _ in range(2)]
    await watcher.look(soon())
    made.append(await report(citizen, lamps, LETTER))
    again = Watcher(feedback.state.engine)
    await again.look(soon())
    assert await flags(clerk, city) == {each["id"]: ["copies"] for each in made}
    await Watcher(feedback.state.engine).look(soon())
    assert await flags(clerk, city) == {each["id"]: ["copies"] for each in made}
    queue = await clerk.get("/v1/moderation", params={"jurisdiction_id": city})
    assert all(each["flags"][0]["flags"] == 1 for each in queue.json()["items"])
