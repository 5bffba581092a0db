"""Where a figure comes from: the value, the query that gives it, the uploads and the lines of files that make it.

Belongs here: pure functions on frames, and the text of the query. Does not: reading the lake or running the query
(`pipeline.proof`), or showing the answer (`commands.proof`).
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from adtech_assets.metrics.model import ADDITIVE, RATIOS, SUM_DIGITS, semantic_model, total
from adtech_assets.metrics.naming.names import normal_form

FILTERS = ("campaign", "platform", "channel")
_MONDAY, _SUNDAY = 0, 6
_RELATIVE_NOISE = 1e-9
_SHOWN = ("date", "days", "platform", "channel", "account", "campaign", "adset", "ad")


@dataclass(frozen=True)
class Slice:
    """Days (both inclusive), and the one campaign, platform or channel it is about; None: all of them."""

    first: dt.date
    last: dt.date
    campaign: str | None = None
    platform: str | None = None
    channel: str | None = None

    @property
    def whole_weeks(self) -> bool:
        return self.first.weekday() == _MONDAY and self.last.weekday() == _SUNDAY

    @property
    def filters(self) -> dict[str, str]:
        """The dimensions it is limited to."""
        values = {name: getattr(self, name) for name in FILTERS}
        return {name: value for name, value in values.items() if value is not None}

    def rows(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows of a frame with `date`, `days` and dimensions that lie in the slice; of week rows, whole weeks only."""
        reaches = pl.col("date") + pl.duration(days=pl.col("days") - 1) <= self.last
        tests = [pl.col(name) == value for name, value in self.filters.items()]
        return frame.filter(pl.col("date") >= self.first, reaches, *tests)

    def cut_weeks(self, frame: pl.DataFrame) -> int:
        """How many week rows begin or end in the slice's days but reach beyond them: nobody knows how they fall on days."""
        ends = pl.col("date") + pl.duration(days=pl.col("days") - 1)
        tests = [pl.col(name) == value for name, value in self.filters.items()]
        return frame.filter(pl.col("date") <= self.last, ends >= self.first, *tests).height - self.rows(frame).height


@dataclass(frozen=True)
class Part:
    """One additive metric of the answer. `value`: of cleaned_metrics; `rows_sum`: of the source rows, `rows` of which
    state it. None: unknown, where no row states it."""

    metric: str
    value: float | None
    rows_sum: float | None
    rows: int

    @property
    def agrees(self) -> bool:
        return equal(self.value, self.rows_sum, self.rows)


@dataclass(frozen=True)
class Answer:
    """Where a figure comes from. A ratio has two `parts`, numerator and denominator.

    rows: upload_id, file, source_row, the dimensions, one column a part, recovered. uploads: upload_id, file, arrived_at, rows,
    one column a part. superseded: the same of what older uploads stated of the slice and newer ones overruled.
    """

    metric: str
    slice: Slice
    value: float | None
    parts: tuple[Part, ...]
    rows: pl.DataFrame
    uploads: pl.DataFrame
    superseded: pl.DataFrame
    cut_weeks: int

    @property
    def agrees(self) -> bool:
        return all(part.agrees for part in self.parts)


def equal(one: float | None, other: float | None, terms: int) -> bool:
    """Whether two sums of `terms` figures are the same but for the rounding that sums get on the way."""
    if one is None or other is None:
        return one is other
    rounding = 0.5 * 10.0**-SUM_DIGITS * (terms + 2)
    return math.isclose(one, other, rel_tol=_RELATIVE_NOISE, abs_tol=rounding)


def known_metrics() -> tuple[str, ...]:
    return (*ADDITIVE, *RATIOS)


def factors(metric: str) -> tuple[str, ...]:
    """The additive metrics a metric is made of. KeyError where there is no such metric."""
    if metric in ADDITIVE:
        return (metric,)
    ratio = semantic_model().ratio[metric]
    return (str(ratio.numerator), str(ratio.denominator))


def trace(metric: str, wanted: Slice, sources: pl.DataFrame, cleaned: pl.DataFrame, uploads: pl.DataFrame) -> Answer:
    """The answer for one metric of a slice. sources: `cleaning.sources`; cleaned, uploads: the tables.

    The value is that of cleaned_metrics; it is compared with the sum of the source rows, which come from the files by
    another way. KeyError where there is no such metric.
    """
    names = factors(metric)
    counted = wanted.rows(cleaned)
    lines = wanted.rows(sources)
    current = lines.filter("current")
    sums, rows_sums = (frame.select(total(name) for name in names).row(0) for frame in (counted, current))
    parts = tuple(
        Part(name, value, rows_sum, current.get_column(name).count())
        for name, value, rows_sum in zip(names, sums, rows_sums, strict=True)
    )
    files = uploads.select("upload_id", "file", "arrived_at", "sequence")
    shown = [name for name in _SHOWN if current.get_column(name).count()]
    rows = current.join(files, on="upload_id", how="left", maintain_order="left")
    return Answer(
        metric=metric,
        slice=wanted,
        value=_value(metric, parts),
        parts=parts,
        rows=rows.sort("sequence", "source_row").select(
            "upload_id", "file", "source_row", *shown, *names, "recovered"
        ),
        uploads=_by_upload(current, files, names),
        superseded=_by_upload(lines.filter(~pl.col("current")), files, names),
        cut_weeks=wanted.cut_weeks(cleaned),
    )  # fmt: skip


def _value(metric: str, parts: Sequence[Part]) -> float | None:
    if len(parts) == 1:
        return parts[0].value
    top, bottom = (part.value for part in parts)
    return None if top is None or not bottom else semantic_model().ratio[metric].scale * top / bottom


def _by_upload(rows: pl.DataFrame, files: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    grouped = rows.group_by("upload_id").agg(pl.len().cast(pl.Int64).alias("rows"), *(total(name) for name in names))
    joined = grouped.join(files, on="upload_id", how="left").sort("sequence")
    return joined.select("upload_id", "file", "arrived_at", "rows", *names)


def query(metric: str, wanted: Slice, files: Sequence[Path]) -> str:
    """A DuckDB statement over the Parquet files of cleaned_metrics that gives the value. Values are quoted: a campaign's
    name is data."""
    where = [f"\"date\" between date '{wanted.first}' and date '{wanted.last}'"]
    if not wanted.whole_weeks:
        where.append(f"\"date\" + cast(days as integer) - 1 <= date '{wanted.last}'")
    where += [f'"{name}" = {_quoted(value)}' for name, value in wanted.filters.items()]
    listed = ",\n  ".join(_quoted(_no_pattern(str(path))) for path in files)
    source = f"read_parquet([\n  {listed}\n], hive_partitioning = false)"
    conditions = "\n  and ".join(where)
    return f'select {_formula(metric)} as "{metric}"\nfrom {source}\nwhere {conditions}'


def _formula(metric: str) -> str:
    sums = [f'round(sum("{name}"), {SUM_DIGITS})' for name in factors(metric)]
    if len(sums) == 1:
        return sums[0]
    scale = semantic_model().ratio[metric].scale
    return f"{f'{scale:g} * ' if scale != 1 else ''}{sums[0]} / nullif({sums[1]}, 0)"


def _no_pattern(path: str) -> str:
    """A path in which DuckDB sees no wildcard."""
    return re.sub(r"([\[*?])", r"[\1]", path)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def member(dimension: str, said: str, cleaned: pl.DataFrame, names: pl.DataFrame) -> str | None:
    """The value of a dimension that a person means: as it is used, as files spell it (table names), or either but for
    differences that carry no meaning. None where there is none, or several."""
    known = cleaned.get_column(dimension).drop_nulls().unique()
    if said in known.to_list():
        return said
    spelled = names.filter(pl.col("dimension") == dimension, pl.col("spelling") == said).get_column("name").unique()
    usable = [name for name in spelled.to_list() if name in known.to_list()]
    if len(usable) == 1:
        return str(usable[0])
    form = pl.select(normal_form(pl.lit(said))).item()
    alike = pl.DataFrame({"name": known}).filter(normal_form(pl.col("name")) == form).get_column("name")
    if alike.len() == 1:
        return str(alike[0])
    respelled = names.filter(pl.col("dimension") == dimension, normal_form(pl.col("spelling")) == form)
    meant = respelled.filter(pl.col("name").is_in(known.to_list())).get_column("name").unique()
    return str(meant[0]) if alike.is_empty() and meant.len() == 1 else None


def nearest(said: str, known: Sequence[str], most: int = 3, least_score: float = 60) -> list[str]:
    """The names most like what was said, the likest first."""
    from rapidfuzz import fuzz, process, utils

    found = process.extract(
        said, sorted(known), scorer=fuzz.WRatio, processor=utils.default_process, limit=most, score_cutoff=least_score
    )
    return [name for name, _, _ in found]
