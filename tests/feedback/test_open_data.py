"""Requests as a table, and how many there are where."""

import csv
import io
from typing import Any

import httpx
import pytest

from tests.feedback.test_requests import make, step


async def table(citizen: httpx.AsyncClient, city: str, **wanted: Any) -> list[dict[str, str]]:
    answer = await citizen.get("/v1/requests.csv", params={"jurisdiction_id": city, **wanted})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


async def test_all_requests_are_a_table(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, city: str, lamps: str, poles: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("services.feedback.open_data.store.CHUNK", 2)
    made = [await make(citizen, lamps, description=f'Lamp, {n}\n"dark"') for n in range(5)]
    await make(citizen, poles, latitude=48.5, longitude=16.2)
    await step(clerk, made[0], status="closed", resolution="resolved", answer="Bright")
    rows = await table(citizen, city)
    assert len(rows) == 6
    assert [row["id"] for row in rows[:5]] == [each["id"] for each in made]
    assert (rows[0]["state"], rows[0]["answers"], rows[1]["answers"]) == ("fixed", "1", "0")
    assert (rows[2]["description"], rows[2]["opened_at"]) == ('Lamp, 2\n"dark"', made[2]["opened_at"])
    assert "contributor" not in rows[0]
    assert [row["latitude"] for row in await table(citizen, city, service_id=poles)] == ["48.5"]
    assert len(await table(citizen, city, status="closed")) == 1
    assert len(await table(citizen, city, opened_after=made[3]["opened_at"])) == 3
    assert await table(citizen, city, opened_before="2020-01-01T00:00:00Z") == []
    assert (await citizen.get("/v1/requests.csv")).status_code == 422
    for never in ("soon", "1777852800", "2026-05-04"):
        wrong = {"jurisdiction_id": city, "opened_after": never}
        assert (await citizen.get("/v1/requests.csv", params=wrong)).status_code == 422


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)"])
async def test_no_text_is_a_formula(citizen: httpx.AsyncClient, city: str, lamps: str, text: str) -> None:
    await make(citizen, lamps, description=text, address=text)
    (row,) = await table(citizen, city)
    assert (row["description"], row["address"]) == (f"'{text}", f"'{text}")


async def test_how_many_requests_were_made_where(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, city: str, poles: str, lamps: str
) -> None:
    for longitude in (16.201, 16.202, 16.209):
        last = await make(citizen, poles, latitude=48.501, longitude=longitude)
    await make(citizen, poles)
    await make(citizen, lamps, latitude=48.8, longitude=16.8)
    await step(clerk, last, status="closed", resolution="resolved")

    async def cells(**wanted: Any) -> list[tuple[float, float, int, int]]:
        answer = await citizen.get("/v1/requests/heat", params={"jurisdiction_id": city, **wanted})
        assert answer.status_code == 200, answer.text
        return [tuple(round(each[name], 4) for name in ("latitude", "longitude", "requests", "open"))
                for each in answer.json()]  # type: ignore[misc]  # fmt: skip

    assert await cells(cell=0.01) == [(48.505, 16.205, 3, 2), (48.805, 16.805, 1, 1)]
    assert [each[2:] for each in await cells(cell=0.005, service_id=poles)] == [(2, 2), (1, 0)]
    assert await cells(west=16.5, cell=0.01) == [(48.805, 16.805, 1, 1)]
    assert await cells(opened_before="2020-01-01T00:00:00Z") == []
    for wrong in ({"cell": 0}, {"west": 17, "east": 16}, {"cell": "nan"}, {"north": 91}):
        answer = await citizen.get("/v1/requests/heat", params={"jurisdiction_id": city, **wrong})
        assert answer.status_code == 422
