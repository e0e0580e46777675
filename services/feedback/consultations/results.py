"""Results of a consultation: figures of each question, from how many gave which answer.

Shares are of those who answered the question. In a ranking of m options, the one placed r-th gets m - r points
(Borda), and one that is not placed gets none; the average rank is over those who placed it.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from services.feedback.consultations.questions import (
    AnyQuestion,
    Matrix,
    MultipleChoice,
    NumberQuestion,
    Option,
    Ranking,
    Scale,
    SingleChoice,
)
from services.feedback.consultations.schemas import (
    DistrictCount,
    DistrictFigures,
    Figures,
    OptionCount,
    PlacedOption,
    QuestionResult,
    ResultsView,
    RowCounts,
)
from services.feedback.privacy import showable

DIGITS = 6


class Counted(NamedTuple):
    """So many contributors of a district gave the same answer to a question; without a code, any answer at all."""

    code: str | None
    district_id: str | None
    value: Any
    n: int


Values = Sequence[tuple[Any, int]]


def results(
    consultation_id: UUID, state: str, questions: Sequence[AnyQuestion], counted: Iterable[Counted]
) -> ResultsView:
    """All results; districts are told apart only once it is over, since two looks at open results tell who came."""
    by_code: dict[str | None, dict[str | None, list[tuple[Any, int]]]] = defaultdict(lambda: defaultdict(list))
    for code, district_id, value, n in counted:
        by_code[code][district_id].append((value, n))
    everybody = {district: _total(values) for district, values in by_code[None].items()}
    answers, closed = sum(everybody.values()), state == "closed"
    shown = sorted(showable(everybody)) if closed else []
    return ResultsView(
        consultation_id=consultation_id,
        state=state,
        answers=answers,
        by_district=[DistrictCount(district_id=each, answers=everybody[each]) for each in shown],
        questions=[_result(question, by_code[question.code], answers, closed) for question in questions],
    )


def _result(
    question: AnyQuestion, by_district: Mapping[str | None, list[tuple[Any, int]]], answers: int, closed: bool
) -> QuestionResult:
    whole = figures(question, [each for values in by_district.values() for each in values])
    shown = sorted(showable({name: _base(question, each) for name, each in by_district.items()})) if closed else []
    return QuestionResult(
        **dict(whole),
        code=question.code,
        kind=question.kind,
        text=question.text,
        n_missing=answers - whole.n,
        by_district=[
            DistrictFigures(**dict(figures(question, by_district[name])) | {"median": None}, district_id=name)
            for name in shown
        ],
    )


def _total(values: Values) -> int:
    return sum(n for _, n in values)


def _base(question: AnyQuestion, values: Values) -> int:
    """How many contributors the figure with the fewest rests on."""
    if isinstance(question, Matrix):
        return min(sum(n for value, n in values if row.code in value) for row in question.rows)
    return _total(values)


def figures(question: AnyQuestion, values: Values) -> Figures:
    """What can be said of a question by its answers and how many gave each."""
    n = _total(values)
    if isinstance(question, SingleChoice):
        return Figures(n=n, options=_options(question.options, Counter(_flat(values)), n))
    if isinstance(question, MultipleChoice):
        chosen = Counter(_flat((code, times) for codes, times in values for code in codes))
        return Figures(n=n, options=_options(question.options, chosen, n))
    if isinstance(question, Scale):
        steps = Counter(_flat(values))
        counts = [_count(str(step), steps[step], n) for step in range(question.low, question.high + 1)]
        return Figures(n=n, options=counts, mean=_mean(values))
    if isinstance(question, NumberQuestion):
        return Figures(n=n, mean=_mean(values), median=_median(values))
    if isinstance(question, Ranking):
        return Figures(n=n, ranking=_ranking(question.options, values, n))
    if isinstance(question, Matrix):
        return Figures(n=n, rows=[_row(question, row, values) for row in question.rows])
    return Figures(n=n)


def _flat(values: Iterable[tuple[Any, int]]) -> dict[Any, int]:
    counts: Counter[Any] = Counter()
    for value, n in values:
        counts[value] += n
    return counts


def _count(code: str, count: int, n: int) -> OptionCount:
    return OptionCount(code=code, count=count, share=_share(count, n))


def _options(options: Sequence[Option], counts: Mapping[str, int], n: int) -> list[OptionCount]:
    return [_count(option.code, counts.get(option.code, 0), n) for option in options]


def _row(question: Matrix, row: Option, values: Values) -> RowCounts:
    counts = _flat((value[row.code], n) for value, n in values if row.code in value)
    n = sum(counts.values())
    return RowCounts(code=row.code, n=n, options=_options(question.options, counts, n))


def _ranking(options: Sequence[Option], values: Values, n: int) -> list[PlacedOption]:
    """The best first: the one with the most points, then the one that more placed first, then as they were asked."""
    points, placed, first, ranks = (Counter[str]() for _ in range(4))
    for codes, times in values:
        for rank, code in enumerate(codes, 1):
            points[code] += times * (len(options) - rank)
            ranks[code] += times * rank
            placed[code] += times
        first[codes[0]] += times
    found = [
        PlacedOption(
            code=option.code,
            points=points[option.code],
            placed=placed[option.code],
            first=first[option.code],
            average_rank=_share(ranks[option.code], placed[option.code]),
        )
        for option in options
    ]
    return sorted(found, key=lambda each: (-each.points, -each.first))


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, DIGITS) if whole else None


def _mean(values: Values) -> float | None:
    n = _total(values)
    return round(math.fsum(value * times for value, times in values) / n, DIGITS) if n else None


def _median(values: Values) -> float | None:
    n = _total(values)
    if not n:
        return None
    return round((_nth(values, (n - 1) // 2) + _nth(values, n // 2)) / 2, DIGITS)


def _nth(values: Values, position: int) -> float:
    passed = 0
    for value, times in sorted(values):
        passed += times
        if position < passed:
            return float(value)
    raise IndexError(position)
