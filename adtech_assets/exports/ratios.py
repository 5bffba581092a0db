"""Ratios that a file states beside its figures: CTR as a fraction, ROAS. They are recomputed anyway, and only help to
recover a figure that is missing: one that cannot be read, or whose unit is not proved, is unknown and nothing else.

Belongs here: cells of ratios -> fractions or null. Does not: the figures they are of (`figures`), recovery (`metrics`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import polars as pl

from adtech_assets.exports import numbers
from adtech_assets.exports.numbers import Sign
from adtech_assets.exports.recognition import Recognition
from adtech_assets.exports.refusal import Refusal
from adtech_assets.exports.vocabulary import Role

RATIOS: tuple[Role, ...] = ("reported_ctr", "reported_roas")
_FRACTION, _PERCENT = 1.0, 100.0
_SIGN_OF_PERCENT = "[%％]"
_CTR_IN_PERCENT = "__ctr_in_percent"
_NOISE = 0.05


@dataclass(frozen=True)
class RatioSign:
    """The decimal sign that the ratios prove; `doubtful` where they allow two readings, or contradict each other."""

    proved: Sign | None = None
    doubtful: bool = False
    contradictory: bool = False


def sign_of(bare: pl.DataFrame, found: Recognition, native: Collection[str], plain: Collection[str]) -> RatioSign:
    """What the ratios say by themselves, without columns that are numbers by nature."""
    columns = {role: header for role, header in found.columns(RATIOS).items() if role not in native}
    try:
        return RatioSign(numbers.decide_sign(bare, columns, (), plain))
    except numbers.Undecided:
        return RatioSign(doubtful=True)
    except Refusal:
        return RatioSign(contradictory=True)


def settled(
    typed: pl.DataFrame, table: pl.DataFrame, said: RatioSign, sign: Sign | None, native: Collection[str]
) -> pl.DataFrame:
    """The ratios without those whose decimal sign is not the figures' or not known; `2%` is 0.02."""
    present = [role for role in RATIOS if role in typed.columns]
    other = said.proved is not None and sign is not None and said.proved != sign
    unknown = other or said.contradictory or (said.doubtful and sign is None)
    in_percent = table.select(pl.col(present).str.contains(_SIGN_OF_PERCENT).fill_null(False))
    values = [
        pl.lit(None, pl.Float64).alias(role)
        if unknown and role not in native
        else pl.when(in_percent.get_column(role)).then(pl.col(role) / _PERCENT).otherwise(role).alias(role)
        for role in present
    ]
    return typed.with_columns(values)


def with_percent_marks(table: pl.DataFrame) -> pl.DataFrame:
    """Remember which cells of a stated CTR have a percent sign: as numbers they no longer tell."""
    if "reported_ctr" not in table.columns:
        return table
    return table.with_columns(
        pl.col("reported_ctr").str.contains(_SIGN_OF_PERCENT).fill_null(False).alias(_CTR_IN_PERCENT)
    )


def as_fraction(table: pl.DataFrame) -> pl.Expr:
    """Column `reported_ctr` as a fraction, null where the rows that state clicks and impressions do not prove its unit.

    Cells with a percent sign (`with_percent_marks`) and cells without are judged apart: one unit is never taken for both.
    """
    if not {"clicks", "impressions"} <= set(table.columns):
        return pl.lit(None, pl.Float64)
    signed = pl.col(_CTR_IN_PERCENT)
    plain_unit, _ = _unit(table.filter(~signed), (_FRACTION, _PERCENT))
    signed_unit, contradicted = _unit(table.filter(signed), (_FRACTION,))
    signed_known = signed_unit is not None or (plain_unit is not None and not contradicted)
    value = pl.col("reported_ctr")
    plain_value = value / plain_unit if plain_unit is not None else pl.lit(None, pl.Float64)
    return pl.when(~signed).then(plain_value).when(pl.lit(signed_known)).then(value)


def _unit(rows: pl.DataFrame, units: Sequence[float]) -> tuple[float | None, bool]:
    """The unit that the middle of the rows proves, and whether there are such rows and they prove none."""
    ratio = pl.col("reported_ctr") * pl.col("impressions") / pl.col("clicks")
    telling = rows.filter(pl.col("clicks") > 0, pl.col("impressions") > 0, pl.col("reported_ctr") > 0)
    middle = telling.select(ratio.median()).item()
    unit = next((unit for unit in units if middle is not None and abs(middle / unit - 1) < _NOISE), None)
    return unit, middle is not None and unit is None
