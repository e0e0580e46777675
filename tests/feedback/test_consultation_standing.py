"""Results that take long to count are shown again for a while; those that do not are always of now."""

import time
from uuid import uuid4

from services.feedback.consultations.schemas import ResultsView
from services.feedback.consultations.standing import QUICK_SECONDS, Standings


def counting(seconds: float, counted: list[int]) -> ResultsView:
    time.sleep(seconds)
    counted.append(1)
    return ResultsView(consultation_id=uuid4(), state="closed", answers=len(counted), by_district=[], questions=[])


async def asked_three_times(seconds: float, *versions: int) -> list[int]:
    standings, counted, one = Standings(), list[int](), uuid4()

    async def count() -> ResultsView:
        return counting(seconds, counted)

    return [(await standings.of((one, "closed", version), count)).answers for version in versions]


async def test_what_takes_long_is_counted_once_for_all_who_ask() -> None:
    assert await asked_three_times(2 * QUICK_SECONDS, 1, 1, 1) == [1, 1, 1]


async def test_reworded_questions_are_counted_anew() -> None:
    assert await asked_three_times(2 * QUICK_SECONDS, 1, 2, 2) == [1, 2, 2]


async def test_what_is_quick_is_counted_for_each() -> None:
    assert await asked_three_times(0, 1, 1, 1) == [1, 2, 3]
