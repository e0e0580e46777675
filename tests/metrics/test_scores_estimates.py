"""Each formula of docs/scores.md, section 2, against numbers worked out by hand."""

import math

import pytest

from services.metrics.scores import estimates
from services.metrics.scores.contributors import Distinct
from shared.contracts.durations import bin_of


def test_ratio_is_a_beta_posterior() -> None:
    # 8 of 10, prior 0.5 worth 10: Beta(13, 7); 13/20, variance 13*7 / (400*21) = 13/1200.
    found = estimates.ratio(8, 10, 0.5, 10)
    assert found.value == pytest.approx(0.65)
    assert found.observed == pytest.approx(0.8)
    assert found.sd**2 == pytest.approx(13 / 1200)


def test_ratio_with_a_certain_prior_and_only_successes_has_no_spread() -> None:
    assert estimates.ratio(5, 5, 1.0, 20) == (1.0, 1.0, 0.0)


def test_mean_is_drawn_to_the_prior() -> None:
    # Four ratings that sum to 18, prior 3 worth 20: (18 + 60) / 24 = 3.25; variance 1.5 / 24 = 1/16.
    found = estimates.mean(18, 4, 3.0, 20, 1.5)
    assert found == pytest.approx((3.25, 4.5, 0.25))


def test_rating_variance_is_drawn_to_the_uniform_distribution() -> None:
    # Ten ratings with squared deviations of 10, and 2 worth 20: (10 + 40) / 30 = 5/3.
    assert estimates.rating_variance(10, 10, 20) == pytest.approx(5 / 3)


def test_a_share_known_from_three_of_four_is_uncertain() -> None:
    # After Jeffreys 3.5 of 5: 0.7 * 0.3 / 6.
    assert estimates.share_variance(3, 4) == pytest.approx(0.035)
    assert estimates.share_variance(1, 1) > 0


def test_an_uncertain_prior_widens_an_estimate_as_far_as_it_counts() -> None:
    # One observation beside a prior worth 3: the prior counts three quarters. 0.4**2 + 0.75**2 * 0.16 = 0.25.
    found = estimates.with_uncertain_prior(estimates.Estimate(2.0, 1.0, 0.4), 1, 3, 0.16)
    assert found == pytest.approx((2.0, 1.0, 0.5))


def test_median_of_a_hundred_equal_weights() -> None:
    # Rank 50 lies in the first bin. h = 1.6449 * sqrt(100 * 0.25) = 8.22: ranks 59.2 and 41.8 bound the median.
    # The upper bound takes the next rank: 59.2 lies beyond 58.5, where 58.2 would not.
    bins = [(bin_of(3_600), 58.5), (bin_of(7_200), 41.5)]
    found = estimates.quantile({3_600: bins}, 0.5)
    short, long = 0.99 * (101 / 99) ** bin_of(3_600), 0.99 * (101 / 99) ** bin_of(7_200)
    assert found.value == pytest.approx(short / 3_600)
    assert found.value == pytest.approx(1, rel=0.01)
    assert found.sd == pytest.approx((long - short) / (2 * 1.6448536269514722 * 3_600))


def test_a_quantile_on_the_edge_of_a_bin_belongs_to_it() -> None:
    found = estimates.quantile({1: [(-1, 0.3), (10, 0.3)]}, 0.5)
    assert found.value == 0.0


def test_what_rounding_takes_from_a_sum_moves_no_quantile() -> None:
    # 0.1 added eight times is less than 0.8, a double's precision aside.
    tenths = [(number, 0.1) for number in range(10)]
    assert estimates.quantile({1: tenths}, 0.8).value == pytest.approx(0.99 * (101 / 99) ** 7)


def test_a_quantile_from_one_observation() -> None:
    # All ranks are clipped to the only bin there is.
    found = estimates.quantile({10: [(100, 0.25)]}, 0.9)
    assert found == pytest.approx((0.99 * (101 / 99) ** 100 / 10, 0.99 * (101 / 99) ** 100 / 10, 0.0))


def test_bins_that_corrections_have_emptied_do_not_count() -> None:
    assert estimates.quantile({1: [(3, 0.0), (50, 2.0)]}, 0.01) == estimates.quantile({1: [(50, 2.0)]}, 0.01)


def test_participation_per_thousand() -> None:
    # 400 people of 100,000; deviation sqrt(400 + ((420 - 380) / 4)^2) = sqrt(500), per thousand / 100.
    found = estimates.participation(Distinct(400, 380, 420), 100_000)
    assert found.value == pytest.approx(4)
    assert found.sd == pytest.approx(math.sqrt(500) / 100)


def test_representativeness_less_what_chance_explains() -> None:
    # 100 inputs, 80 : 20, where 50 : 50 live. TV = 0.3; e = 1/2 * 2 * sqrt(0.5 / (100 pi)) = sqrt(1 / (200 pi)).
    noise = math.sqrt(1 / (200 * math.pi))
    found = estimates.representativeness({"north": 80, "south": 20}, {"north": 1_000, "south": 1_000})
    assert found.value == pytest.approx(1 - (0.3 - noise) / (1 - noise))
    # sum of sign * share = 0.8 - 0.2; variance = (1 - 0.36) / 400 = 0.0016.
    assert found.sd == pytest.approx(0.04 / (1 - noise))


def test_input_in_proportion_is_fully_representative() -> None:
    found = estimates.representativeness({"a": 10, "b": 30}, {"a": 1, "b": 3})
    assert found.value == 1.0
    assert found.sd > 0


def test_all_input_from_the_smallest_district_is_not_representative() -> None:
    # TV = 0.99; the noise of 10,000 inputs is below 0.001.
    found = estimates.representativeness({"a": 10_000}, {"a": 1, "b": 99})
    assert found.value == pytest.approx(0.01, abs=0.001)
