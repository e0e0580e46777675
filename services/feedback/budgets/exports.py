"""Ballots as open data: nobody's name or pseudonym, no time and no place, in the order of what they say.

The `.pb` format is that of Pabulib (pabulib.org/format), which the field's tools read. It asks for a country
by name, which is not known here.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from services.feedback.budgets.counting import Ballot
from services.feedback.budgets.domain import Budget
from services.feedback.wording import first_of

EQUAL_SHARES = "#2: Counted by the method of equal shares, what was left spent by votes"
"""The format has no name for this: its `equalshares` stops where the shares are spent."""


def ballots_csv(ballots: Mapping[Ballot, int]) -> str:
    """A line per ballot: its projects, and the points that each gets, in the same order."""
    lines = (["|".join(project for project, _ in each), "|".join(str(n) for _, n in each)] for each in _all(ballots))
    out = io.StringIO()
    csv.writer(out).writerows([["projects", "points"], *lines])
    return out.getvalue()


def pabulib(budget: Budget, ballots: Mapping[Ballot, int]) -> str:
    """The budget, its projects and ballots in the `.pb` format; money is in minor units, as the comment says."""
    counted = {each["id"]: each for each in budget.outcome or ()}
    out = io.StringIO()
    lines = csv.writer(out, delimiter=";", lineterminator="\n")
    lines.writerows([["META"], ["key", "value"], *_meta(budget, sum(ballots.values()))])
    cumulative = budget.voting == "cumulative"
    score = ["score"] if cumulative else []
    lines.writerows([["PROJECTS"], ["project_id", "cost", "votes", *score, "name", "selected"]])
    # By votes and, where they are equal, as the tie was broken: readers take the order of lines for it.
    for project in sorted(budget.projects, key=lambda each: int(counted[str(each.id)]["rank"])):
        found = counted[str(project.id)]
        points = [found["points"]] if cumulative else []
        name, selected = _plain(first_of(project.title)), int(found["why"] == "funded")
        lines.writerow([project.id, project.cost, found["ballots"], *points, name, selected])
    lines.writerows([["VOTES"], ["voter_id", "vote", "points"] if cumulative else ["voter_id", "vote"]])
    for number, each in enumerate(_all(ballots), 1):
        # The format has the projects with the most points first.
        said = sorted(each, key=lambda choice: (-choice[1], choice[0]))
        given = [",".join(str(n) for _, n in said)] if cumulative else []
        lines.writerow([number, ",".join(name for name, _ in said), *given])
    return out.getvalue()


def _meta(budget: Budget, votes: int) -> Iterable[tuple[str, Any]]:
    yield "description", _plain(first_of(budget.title))
    yield "country", "-"
    yield "unit", budget.jurisdiction_id
    yield "instance", budget.closes_at.year
    yield "num_projects", len(budget.projects)
    yield "num_votes", votes
    yield "budget", budget.amount
    yield "vote_type", "cumulative" if budget.voting == "cumulative" else "approval"
    yield "rule", "greedy" if budget.counting == "greedy" else "unknown"
    yield "date_begin", f"{budget.period.opens_at:%d.%m.%Y}"
    yield "date_end", f"{budget.closes_at:%d.%m.%Y}"
    if budget.voting == "approval":
        yield "max_length", budget.most
    elif budget.voting == "cumulative":
        yield "max_sum_points", budget.most
    else:
        yield "max_sum_cost", budget.amount
    yield "currency", budget.currency
    units = f"#1: Amounts are in minor units of {budget.currency}"
    yield "comment", units if budget.counting == "greedy" else f"{units} {EQUAL_SHARES}"


def _all(ballots: Mapping[Ballot, int]) -> Iterable[Ballot]:
    for each, times in sorted(ballots.items()):
        yield from (each for _ in range(times))


def _plain(text: str) -> str:
    return " ".join(text.replace(";", ",").split())
