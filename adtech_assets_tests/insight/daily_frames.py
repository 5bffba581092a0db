"""Small daily frames for tests of trends, phases, forecasts and pacing: by formula, by chance, or hostile."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
from hypothesis import strategies as st

from adtech_assets.metrics.model import ADDITIVE

MONDAY = dt.date(2025, 1, 6)
COLUMNS = {"date": pl.Date, "platform": pl.String, "channel": pl.String, "campaign": pl.String}
SCHEMA = pl.Schema({**COLUMNS, **dict.fromkeys(ADDITIVE, pl.Float64)})


def campaign(
    name: str, days: int, spend: Callable[[int], float] | float = 100.0, start: dt.date = MONDAY, **per_spend: object
) -> pl.DataFrame:
    """One campaign; `spend` a day, and other metrics as a number, or a function of the day, per unit of spend."""
    rates = {"impressions": 100.0, "clicks": 2.0, "conversions": 0.1, "revenue": 5.0, **per_spend}
    of = lambda what, day: float(what(day)) if callable(what) else float(what)  # type: ignore[arg-type]  # noqa: E731
    rows = []
    for day in range(days):
        money = of(spend, day)
        rows.append({
            "date": start + dt.timedelta(day), "platform": "meta_ads", "channel": "Feed", "campaign": name, "spend": money,
            **{metric: money * of(rate, day) for metric, rate in rates.items()},
        })  # fmt: skip
    return pl.DataFrame(rows, schema=SCHEMA)


def noisy_account(seed: int, days: int, campaigns: int = 4) -> pl.DataFrame:
    """Campaigns with a weekday pattern, noise and counted conversions, on two platforms."""
    rng = np.random.default_rng(seed)
    frames = []
    for number in range(campaigns):
        day = np.arange(days)
        spend = rng.uniform(40, 200) * np.where(day % 7 >= 5, 0.7, 1.0) * rng.gamma(100, 0.01, days)
        conversions = rng.poisson(spend / 15)
        frames.append(
            pl.DataFrame({
                "date": [MONDAY + dt.timedelta(int(d)) for d in day],
                "platform": ["meta_ads", "google_ads"][number % 2], "channel": "Feed", "campaign": f"c{number}",
                "spend": spend, "impressions": rng.poisson(spend * 100), "clicks": rng.poisson(spend * 2),
                "conversions": conversions, "revenue": conversions * 40.0,
            }, schema_overrides=SCHEMA)
        )  # fmt: skip
    return pl.concat(frames)


_amount = st.one_of(
    st.none(), st.just(0.0), st.just(float("nan")), st.floats(0, 1e6, allow_nan=False), st.integers(0, 50).map(float)
)
_row = st.fixed_dictionaries(
    {
        "date": st.integers(0, 60).map(lambda day: MONDAY + dt.timedelta(days=day)),
        "platform": st.sampled_from(["meta_ads", "google_ads", None]),
        "channel": st.sampled_from(["Feed", None]),
        "campaign": st.sampled_from(["a", "b", "c", None]),
        **dict.fromkeys(ADDITIVE, _amount),
    }
)


def frame(rows: Sequence[dict[str, object]]) -> pl.DataFrame:
    """Rows as a daily frame."""
    return pl.DataFrame(list(rows), schema=SCHEMA)


hostile = st.lists(_row, max_size=80).map(frame)
"""Any daily frame: empty, one day, gaps, zeros, nulls, NaN, rows of one key twice."""
