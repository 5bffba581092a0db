"""What campaigns do together: said once, for the channel, the platform or the account, or not at all."""

from __future__ import annotations

import polars as pl
import pytest
from test_anomalies import C1, PLAIN, between, day, steady, times, told

from adtech_assets.insight.anomalies import Context, score

WINS = ("conversions", "revenue")
DAY = between(44, 44)
TWO_DAYS = between(44, 45)
SEARCH = pl.col("channel") == "Search"
SEEDS = pytest.mark.parametrize("seed", [1, 4])


def account(seed: int = 1, campaigns: int = 8) -> pl.DataFrame:
    """Campaigns C0 to C3 search, the others social."""
    searches = pl.col("campaign").is_in(["C0", "C1", "C2", "C3"])
    return steady(campaigns=campaigns, seed=seed).with_columns(
        channel=pl.when(searches).then(pl.lit("Search")).otherwise(pl.lit("Social"))
    )


def on_two_platforms(seed: int = 1) -> pl.DataFrame:
    return account(seed).with_columns(platform=pl.when(SEARCH).then(pl.lit("google_ads")).otherwise(pl.lit("meta_ads")))


def scoped(frame: pl.DataFrame, context: Context | None = None) -> pl.DataFrame:
    columns = ("kind", "scope", "platform", "channel", "campaign", "start", "end", "observed", "expected")
    return score(frame, PLAIN, context)[1].select(columns)


@SEEDS
@pytest.mark.parametrize("lift", [1.5, 2.0])
def test_a_sale_that_lifts_every_campaign_is_no_campaign_s_finding(seed: int, lift: float) -> None:
    assert told(times(account(seed), DAY, lift, WINS)) == []
    assert told(times(account(seed), DAY & C1, 4.0, WINS)) == [("revenue_spike", "C1", day(44), day(44))]


@SEEDS
def test_an_extreme_sale_is_said_once_for_the_account(seed: int) -> None:
    [finding] = scoped(times(account(seed), DAY, 5.0, WINS)).to_dicts()
    assert (finding["kind"], finding["scope"]) == ("revenue_spike", "account")
    assert (finding["platform"], finding["channel"], finding["campaign"]) == (None, None, None)
    assert (finding["start"], finding["end"]) == (day(44), day(44))


@SEEDS
@pytest.mark.parametrize("metrics", [("spend",), ("spend", "impressions", "clicks", "conversions", "revenue")])
def test_a_hundred_times_the_spend_in_all_campaigns_is_one_finding_of_the_account(
    seed: int, metrics: tuple[str, ...]
) -> None:
    frame = account(seed)
    [finding] = scoped(times(frame, DAY, 100.0, metrics)).to_dicts()
    assert (finding["kind"], finding["scope"], finding["campaign"]) == ("spend_spike", "account", None)
    assert finding["observed"] == pytest.approx(100 * frame.filter(DAY)["spend"].sum())
    assert finding["expected"] == pytest.approx(800, rel=0.1)


def test_an_account_of_one_channel_says_it_for_the_account_as_well() -> None:
    assert scoped(times(steady(), DAY, 100.0, ("spend",)))["scope"].to_list() == ["account"]


@SEEDS
def test_one_campaign_that_makes_its_channel_s_shock_is_said_for_the_campaign(seed: int) -> None:
    assert told(times(account(seed), DAY & C1, 30.0, ("spend",))) == [("spend_spike", "C1", day(44), day(44))]


@SEEDS
def test_no_conversions_in_all_campaigns_of_a_channel_are_said_once_for_the_channel(seed: int) -> None:
    frame = account(seed)
    lost = between(44, 46) & SEARCH
    [finding] = scoped(times(frame, lost, 0.0, WINS)).to_dicts()
    assert (finding["kind"], finding["scope"], finding["channel"]) == ("tracking_outage", "channel", "Search")
    assert finding["campaign"] is None
    assert (finding["start"], finding["end"], finding["observed"]) == (day(44), day(46), 0.0)
    assert finding["expected"] == pytest.approx(frame.filter(lost)["conversions"].sum(), rel=0.25)


@SEEDS
def test_no_conversions_anywhere_are_said_once_for_the_account(seed: int) -> None:
    [finding] = scoped(times(account(seed), between(44, 46), 0.0, WINS)).to_dicts()
    assert (finding["kind"], finding["scope"], finding["channel"]) == ("tracking_outage", "account", None)


@SEEDS
def test_a_day_on_which_the_whole_account_spends_nothing_is_one_finding_of_the_account(seed: int) -> None:
    [finding] = scoped(times(account(seed), TWO_DAYS, 0.0)).to_dicts()
    assert (finding["kind"], finding["scope"], finding["campaign"]) == ("budget_exhaustion", "account", None)
    assert (finding["start"], finding["end"], finding["observed"]) == (day(44), day(45), 0.0)
    assert finding["expected"] == pytest.approx(1600, rel=0.1)


@SEEDS
@pytest.mark.parametrize("missing", [DAY, TWO_DAYS], ids=["a day", "two days"])
def test_days_without_rows_of_a_whole_platform_are_one_gap_and_nobody_s_anomaly(seed: int, missing: pl.Expr) -> None:
    of_it = pl.col("platform") == "meta_ads"
    frame = on_two_platforms(seed)
    [finding] = scoped(frame.filter(~(missing & of_it))).to_dicts()
    assert (finding["kind"], finding["scope"], finding["platform"]) == ("volume_gap", "platform", "meta_ads")
    assert (finding["channel"], finding["campaign"], finding["observed"]) == (None, None, None)
    assert finding["expected"] == pytest.approx(frame.filter(missing & of_it)["spend"].sum(), rel=0.15)
    assert finding["start"] == day(44)


def test_a_gap_of_a_platform_of_two_campaigns_is_said_once_too() -> None:
    assert scoped(steady(campaigns=2).filter(~TWO_DAYS))["kind"].to_list() == ["volume_gap"]


def test_days_that_a_platform_has_not_delivered_yet_are_no_gap() -> None:
    late = (pl.col("platform") == "meta_ads") & (pl.col("date") >= day(80))
    assert told(on_two_platforms().filter(~late)) == []


def test_holidays_silence_what_all_campaigns_do_and_nothing_that_one_does() -> None:
    holiday = Context(special_days={day(44)})
    assert told(times(account(), DAY, 5.0, WINS), holiday) == []
    assert told(times(account(), DAY, 100.0, ("spend",)), holiday) == []
    assert told(times(account(), DAY & C1, 3.0), holiday) == [("spend_spike", "C1", day(44), day(44))]


@pytest.mark.parametrize("campaigns", [1, 2, 3, 5])
def test_what_one_campaign_does_moves_no_expectation_of_it_however_few_others_there_are(campaigns: int) -> None:
    frame = times(steady(campaigns=campaigns), DAY & (pl.col("campaign") == "C0"), 5.0)
    [finding] = scoped(frame).to_dicts()
    assert (finding["campaign"], finding["kind"]) == ("C0", "spend_spike")
    assert finding["expected"] == pytest.approx(100, rel=0.1)
