"""Logarithmic bins for durations, with at most 1 % relative error.

After DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with relative-error
guarantees", VLDB 2019), with gamma = (1 + 0.01) / (1 - 0.01) = 101/99. Bin i holds the whole seconds x with
gamma^(i-1) < x <= gamma^i; bin -1 holds 0. Boundaries are whole numbers from exact arithmetic, so that every
machine, and every other implementation, puts a duration in the same bin.
"""

from bisect import bisect_left

LONGEST = 200 * 366 * 86_400
"""Seconds in 200 years: durations beyond are not plausible and are refused."""


def _boundaries() -> list[int]:
    """floor(gamma^i) for i = 0, 1, ... until it reaches LONGEST."""
    numerator, denominator, found = 1, 1, [1]
    while found[-1] < LONGEST:
        numerator, denominator = numerator * 101, denominator * 99
        found.append(numerator // denominator)
    return found


BOUNDARIES = _boundaries()


def bin_of(seconds: int) -> int:
    """The bin of a duration of 0..LONGEST whole seconds; ValueError outside."""
    if not 0 <= seconds <= LONGEST:
        raise ValueError(f"a duration of {seconds} s is not between 0 s and {LONGEST} s")
    return bisect_left(BOUNDARIES, seconds) if seconds else -1


def seconds_of(bin_index: float) -> float:
    """The value that stands for a bin: within 1 % of every duration in it. 2 gamma^i / (gamma + 1), in seconds."""
    return 0.0 if bin_index < 0 else 0.99 * (101 / 99) ** bin_index
