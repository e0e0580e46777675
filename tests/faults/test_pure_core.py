"""C8: whatever is delivered twice, late, damaged or cut off by a crash, each event takes effect once, in its order.

The consumer's core is pure, so a whole delivery is tried in a millisecond: messages are duplicated and shuffled
within a window, some are poison, batches end anywhere, and the process may die before or after every commit.
"""

import random
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.inbox.positions import sort_out

DUPLICATES, WINDOW, POISON = 0.3, 50, 0.01
EXAMPLES = 2_000


@dataclass(frozen=True)
class Numbered:
    sequence: int
    poison: bool = False


@dataclass
class Committed:
    """What is in the database: all of it changes in one transaction."""

    offset: int = 0
    mark: int = 0
    parked: dict[int, Numbered] = field(default_factory=dict)
    effects: list[int] = field(default_factory=list)
    dead: list[int] = field(default_factory=list)


def delivery(chance: random.Random, count: int) -> list[Numbered]:
    """What a topic may hold of events 1..count: all of them, some again, none further than a window from its place."""
    events = [Numbered(n, chance.random() < POISON) for n in range(1, count + 1)]
    again = [event for event in events if chance.random() < DUPLICATES]
    places = [(event.sequence + chance.uniform(0, WINDOW), event) for event in events + again]
    return [event for _, event in sorted(places, key=lambda place: place[0])]


def apply(state: Committed, messages: list[Numbered]) -> Committed:
    """One transaction of the consumer."""
    outcome = sort_out(state.mark, state.parked, messages, gaps=False)
    good = [event.sequence for event in outcome.apply if not event.poison]
    bad = [event.sequence for event in outcome.apply if event.poison]
    return Committed(
        offset=state.offset + len(messages),
        mark=outcome.mark,
        parked={event.sequence: event for event in outcome.park},
        effects=state.effects + good,
        dead=state.dead + bad,
    )


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), count=st.integers(0, 120))
def test_every_event_takes_effect_once_and_in_order(seed: int, count: int) -> None:
    chance = random.Random(seed)
    topic, state = delivery(chance, count), Committed()
    while state.offset < len(topic):
        batch = topic[state.offset : state.offset + chance.randrange(1, 40)]
        after = apply(state, batch)
        dies_before_commit = chance.random() < 0.3
        if not dies_before_commit:
            state = after
    poison = sorted({event.sequence for event in topic if event.poison})
    assert state.effects == [n for n in range(1, count + 1) if n not in poison]
    assert state.dead == poison
    assert state.parked == {}


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 80))
def test_a_topic_of_states_ends_with_the_newest(seed: int, count: int) -> None:
    """Numbers may be missing for ever there; what comes late is passed over, and the newest state stands."""
    chance = random.Random(seed)
    kept = sorted(chance.sample(range(1, count + 1), chance.randint(1, count)))
    mark, seen = 0, []
    while kept:
        size = chance.randrange(1, 10)
        outcome = sort_out(mark, {}, [Numbered(n) for n in kept[:size]], gaps=True)
        mark, seen, kept = outcome.mark, seen + [event.sequence for event in outcome.apply], kept[size:]
    assert seen == sorted(seen)
    assert seen[-1] == mark
