"""An account's rows as leaves: one combination of all dimensions, with its figures by day in both windows.

Belongs here: bringing rows into that form. Does not: anything statistical.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from adtech_assets.insight.arrays import Array, Positions
from adtech_assets.insight.two_periods import Window
from adtech_assets.metrics.model import ADDITIVE, SUM_DIGITS


@dataclass(frozen=True)
class Cube:
    """Leaves of an account in two windows.

    codes[leaf, dimension]: position in `members` of that dimension. daily[metric][leaf, day]: all days of the baseline
    that have rows, then those of the current window, `split` of them the baseline's. A metric that is unknown
    throughout a window is left out.
    """

    dimensions: tuple[str, ...]
    members: tuple[tuple[str | None, ...], ...]
    codes: Positions
    daily: Mapping[str, Array]
    days: tuple[dt.date, ...]
    split: int

    @property
    def leaves(self) -> int:
        return len(self.codes)

    @property
    def baseline_days(self) -> int:
        return self.split

    @property
    def current_days(self) -> int:
        return len(self.days) - self.split

    @property
    def scale(self) -> float:
        """What brings sums of the baseline to the current window's length."""
        return self.current_days / self.baseline_days

    @cached_property
    def total_before(self) -> Mapping[str, float]:
        """Sums of the baseline, brought to the current window's length."""
        return {metric: float((values * self.scale).round(SUM_DIGITS).sum()) for metric, values in self.before.items()}

    @cached_property
    def total_now(self) -> Mapping[str, float]:
        """Sums of the current window."""
        return {metric: float(values.sum()) for metric, values in self.now.items()}

    @cached_property
    def before(self) -> Mapping[str, Array]:
        """[leaf]: sums of the baseline, as they are."""
        return {metric: values[:, : self.split].sum(axis=1) for metric, values in self.daily.items()}

    @cached_property
    def now(self) -> Mapping[str, Array]:
        """[leaf]: sums of the current window."""
        return {metric: values[:, self.split :].sum(axis=1) for metric, values in self.daily.items()}


def cube_of(rows: pl.DataFrame, baseline: Window, current: Window, dimensions: Sequence[str]) -> Cube:
    """The cube of rows with `date`, `dimensions` and additive metrics (null = unknown, counted as nothing).

    Dimensions with one value say nothing and are left out. A cube without leaves has no rows in one of the windows.
    """
    metrics = [name for name in ADDITIVE if name in rows.columns]
    figure = pl.col(metrics).cast(pl.Float64)
    inside = rows.filter(pl.col("date").is_between(*baseline) | pl.col("date").is_between(*current)).with_columns(
        pl.when(figure.is_finite()).then(figure)
    )
    days = inside.get_column("date").unique().sort().to_list()
    earlier = [day for day in days if baseline[0] <= day <= baseline[1]]
    later = [day for day in days if current[0] <= day <= current[1]]
    by = [name for name in dimensions if inside.get_column(name).n_unique() > 1]
    summed = inside.group_by([*by, "date"]).agg(pl.col(metrics).sum().round(SUM_DIGITS))
    leaves = summed.select(by).unique().sort(by, nulls_last=True) if by else pl.DataFrame({"leaf": [0]})
    placed = summed.join(leaves.with_row_index("leaf"), on=by, nulls_equal=True) if by else summed.with_columns(leaf=0)
    at, on = placed.get_column("leaf").to_numpy(), placed.get_column("date")
    known = [
        name
        for name in metrics
        if all(inside.filter(pl.col("date").is_in(w)).get_column(name).count() for w in (earlier, later))
    ]
    places = []
    for window in (earlier, later):
        position = {day: i for i, day in enumerate(window)}
        places.append(on.replace_strict(position, default=-1, return_dtype=pl.Int64).to_numpy())
    daily = {}
    for name in known:
        values = placed.get_column(name).fill_null(0.0).cast(pl.Float64).to_numpy()
        parts = []
        for window, place in zip((earlier, later), places, strict=True):
            part = np.zeros((leaves.height, len(window)))
            part[at[place >= 0], place[place >= 0]] = values[place >= 0]
            parts.append(part)
        daily[name] = np.concatenate(parts, axis=1)
    members, codes = [], []
    for name in by:
        column = leaves.get_column(name).cast(pl.String)
        names = column.unique().sort(nulls_last=True).to_list()
        members.append(tuple(names))
        codes.append(column.replace_strict(names, list(range(len(names))), return_dtype=pl.Int64).to_numpy())
    table = np.stack(codes, axis=1) if codes else np.zeros((leaves.height, 0), dtype=np.int64)
    return Cube(tuple(by), tuple(members), table.astype(np.int64), daily, (*earlier, *later), len(earlier))
