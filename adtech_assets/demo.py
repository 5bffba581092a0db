"""The demo client: an invented shop's 90 days of advertising, with everything that was planted written down as data.

Belongs here: the facts (campaigns, seasons, anomalies) and the generator that draws noise around them. Does not:
anything that reads, scores or reports the data; it meets this file like any other export.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import polars as pl

from adtech_assets.lake import write_atomic

if TYPE_CHECKING:
    import numpy as np

START = dt.date(2025, 1, 1)
DAYS = 90
DEFAULT_SEED = 1
COLUMNS = ("date", "channel", "campaign", "spend", "impressions", "clicks", "conversions", "revenue")
SATURDAY = 5


@dataclass(frozen=True)
class Campaign:
    """What a campaign does on an ordinary weekday. Spend in EUR a day, cpm in EUR per 1,000 impressions."""

    name: str
    channel: str
    spend: float
    cpm: float
    ctr: float
    cvr: float
    order_value: float
    start: dt.date = START
    end: dt.date | None = None
    """Last day with rows; None = still running when the data end."""


@dataclass(frozen=True)
class Event:
    """Factors on an ordinary day, from start to end inclusive. `kind` is set for anomalies only.

    `ramp`: the factors are reached step by step on the last day, instead of at once.
    """

    name: str
    start: dt.date
    end: dt.date
    channels: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    spend: float = 1
    cpm: float = 1
    ctr: float = 1
    conversions: float = 1
    revenue: float = 1
    ramp: bool = False
    kind: Literal["spend_spike", "performance_drop", "revenue_spike", "ctr_decline", "budget_exhaustion"] | None = None
    quiet: bool = False
    """Too small to stand out from daily noise: a report may miss it."""


@dataclass(frozen=True)
class Noise:
    """Day-to-day spread: coefficients of variation on top of what counts have by themselves."""

    spend: float = 0.07
    delivery: float = 0.05
    ctr: float = 0.07
    cvr: float = 0.08
    order: float = 0.4
    """Of a single order's value."""


@dataclass(frozen=True)
class Weekend:
    """Saturday and Sunday against a weekday."""

    spend: float = 0.7
    conversions: float = 0.6


@dataclass(frozen=True)
class Pacing:
    """Money left in the month's budget is spent on the month's last days."""

    days: int = 3
    spend: float = 1.15


CAMPAIGNS = (
    Campaign("Google_Search_Brand", "Google", 150, 18, 0.034, 0.055, 88),
    Campaign("Google_Display", "Google", 110, 3.2, 0.011, 0.022, 72),
    Campaign("FB_Retargeting", "Facebook", 155, 10.5, 0.021, 0.066, 78),
    Campaign("FB_Prospecting", "Facebook", 175, 7, 0.014, 0.024, 82, end=dt.date(2025, 3, 16)),
    Campaign("IG_Influencer", "Instagram", 160, 6.5, 0.019, 0.026, 68),
    Campaign("IG_Stories", "Instagram", 95, 5, 0.013, 0.023, 64, start=dt.date(2025, 1, 13)),
    Campaign("Email_Newsletter", "Email", 105, 5, 0.030, 0.045, 78),
    Campaign("Email_Winback", "Email", 74, 6, 0.022, 0.035, 84, start=dt.date(2025, 2, 3), end=dt.date(2025, 3, 23)),
)

SEASONS = (
    Event(
        "New Year", dt.date(2025, 1, 1), dt.date(2025, 1, 15), ("Facebook", "Instagram"), spend=1.10, conversions=1.15
    ),
    Event("Valentine's Day", dt.date(2025, 2, 10), dt.date(2025, 2, 14), ("Instagram",), spend=1.20, conversions=1.25),
    Event("late February dip", dt.date(2025, 2, 20), dt.date(2025, 2, 28), spend=0.9, conversions=0.85),
)

PLANTED = (
    Event(
        "bid left open", dt.date(2025, 2, 15), dt.date(2025, 2, 15), campaigns=("Google_Search_Brand",),
        spend=3.5, cpm=2.2, conversions=0.8, kind="spend_spike",
    ),
    Event(
        "order counted four times", dt.date(2025, 2, 23), dt.date(2025, 2, 23), campaigns=("Email_Newsletter",),
        revenue=4, kind="revenue_spike",
    ),
    Event(
        "tired creative", dt.date(2025, 2, 1), dt.date(2025, 2, 28), campaigns=("IG_Influencer",),
        ctr=0.65, ramp=True, kind="ctr_decline",
    ),
    Event(
        "slightly tired creative", dt.date(2025, 2, 1), dt.date(2025, 2, 28), campaigns=("FB_Prospecting",),
        ctr=0.92, ramp=True, kind="ctr_decline", quiet=True,
    ),
    Event(
        "broken checkout page", dt.date(2025, 3, 10), dt.date(2025, 3, 15), campaigns=("FB_Retargeting",),
        conversions=0.3, kind="performance_drop",
    ),
    Event(
        "budget used up", dt.date(2025, 3, 22), dt.date(2025, 3, 23), campaigns=("Google_Display",),
        spend=0, kind="budget_exhaustion",
    ),
)  # fmt: skip


def demo_frame(seed: int = DEFAULT_SEED, days: int = DAYS, start: dt.date = START) -> pl.DataFrame:
    """One row a day and running campaign, columns `COLUMNS`, ordered by date and campaign; money in EUR.

    The same seed gives the same frame. Another `start` shifts the whole calendar of campaigns, seasons and anomalies
    with it. ValueError if `days` is below 1.
    """
    import numpy as np

    if days < 1:
        raise ValueError(f"days must be at least 1; got {days}")
    frames = [
        _campaign_rows(campaign, days, np.random.default_rng([seed, position]))
        for position, campaign in enumerate(CAMPAIGNS)
    ]
    shift = pl.duration(days=(start - START).days)
    return pl.concat(frames).with_columns(pl.col("date") + shift).sort("date", "campaign").select(COLUMNS)


def write_demo(path: Path, seed: int = DEFAULT_SEED, days: int = DAYS, start: dt.date = START) -> Path:
    """The demo export as CSV at `path`, written beside it and renamed, so that a watcher never sees half a file."""
    write_atomic(path, demo_frame(seed, days, start).write_csv(float_precision=2).encode())
    return path


def _campaign_rows(
    campaign: Campaign,
    days: int,
    rng: np.random.Generator,
    noise: Noise | None = None,
    weekend: Weekend | None = None,
    pacing: Pacing | None = None,
) -> pl.DataFrame:
    """The rows of one campaign. Noise is drawn for all days, so that `days` does not change earlier rows."""
    import numpy as np

    noise, weekend, pacing = noise or Noise(), weekend or Weekend(), pacing or Pacing()
    calendar = [START + dt.timedelta(day) for day in range(days)]
    runs = [campaign.start <= day and (campaign.end is None or day <= campaign.end) for day in calendar]
    ordinary = {name: np.ones(days) for name in ("spend", "cpm", "ctr", "conversions", "revenue")}
    is_weekend = np.array([day.weekday() >= SATURDAY for day in calendar])
    ordinary["spend"][is_weekend] *= weekend.spend
    # Conversions already follow spend through clicks; the rate makes up the difference.
    ordinary["conversions"][is_weekend] *= weekend.conversions / weekend.spend
    ordinary["spend"][[(day + dt.timedelta(pacing.days)).month != day.month for day in calendar]] *= pacing.spend
    for event in (*SEASONS, *PLANTED):
        if _touches(event, campaign):
            reached = np.array([_reached(event, day) for day in calendar])
            for name, factor in ordinary.items():
                factor *= 1 + (getattr(event, name) - 1) * reached

    rows = [_day(campaign, {name: float(f[day]) for name, f in ordinary.items()}, noise, rng) for day in range(days)]
    frame = pl.DataFrame(rows, schema=["spend", "impressions", "clicks", "conversions", "revenue"], orient="row")
    labels = pl.Series("date", calendar), pl.lit(campaign.channel).alias("channel"), pl.lit(campaign.name)
    return frame.with_columns(*labels[:2], labels[2].alias("campaign")).filter(pl.Series(runs))


def _touches(event: Event, campaign: Campaign) -> bool:
    everyone = not event.channels and not event.campaigns
    return everyone or campaign.channel in event.channels or campaign.name in event.campaigns


def _reached(event: Event, day: dt.date) -> float:
    """How much of the event's effect is there on a day, 0-1."""
    if not event.start <= day <= event.end:
        return 0.0
    return ((day - event.start).days + 1) / ((event.end - event.start).days + 1) if event.ramp else 1.0


def _day(
    campaign: Campaign, factor: dict[str, float], noise: Noise, rng: np.random.Generator
) -> tuple[float, int, int, int, float]:
    """Spend, impressions, clicks, conversions, revenue of a day: over-dispersed counts, each out of the one before."""
    spend = round(campaign.spend * factor["spend"] * _wobble(noise.spend, rng), 2)
    delivery = 1000 * spend / (campaign.cpm * factor["cpm"]) * _wobble(noise.delivery, rng)
    impressions = int(rng.poisson(delivery))
    clicks = int(rng.binomial(impressions, campaign.ctr * factor["ctr"] * _wobble(noise.ctr, rng)))
    conversions = int(rng.binomial(clicks, min(1.0, campaign.cvr * factor["conversions"] * _wobble(noise.cvr, rng))))
    orders = rng.gamma(conversions / noise.order**2, campaign.order_value * noise.order**2) if conversions else 0.0
    return spend, impressions, clicks, conversions, round(float(orders) * factor["revenue"], 2)


def _wobble(variation: float, rng: np.random.Generator) -> float:
    """A positive factor of mean 1 and the given coefficient of variation."""
    return float(rng.gamma(1 / variation**2, variation**2))
