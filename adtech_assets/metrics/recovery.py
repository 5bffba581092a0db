"""Missing factors that a row's own ratios give back: spend = revenue / ROAS, revenue = spend x ROAS, clicks =
impressions x CTR, impressions = clicks / CTR. A recovered value is marked; it is never mixed silently with stated ones.

A ratio stated as 2.37 is any number from 2.365 to 2.375, so that it gives back an interval. A value is recovered only
where the interval holds exactly one amount that the file could state (a cent, a whole click), or where it is narrow
beside the value. Anything else stays unknown: null, never 0.

Belongs here: arithmetic inside one row, and how exactly an upload states its ratios. Does not: estimates from other rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

_MOST_DECIMALS = 9
_FLOAT_NOISE = 1e-9


@dataclass(frozen=True)
class _Amount:
    """A factor. `decimals`: with how many it is stated at least, and up to how many where the upload shows more."""

    name: str
    decimals: int
    most_decimals: int


@dataclass(frozen=True)
class _Ratio:
    """A stated ratio. `usual`: the decimals every platform states it with, for uploads with too few values to tell."""

    column: str
    numerator: _Amount
    denominator: _Amount
    usual: int

    @property
    def of_counts(self) -> bool:
        return self.numerator.most_decimals == 0

    @property
    def half_unit(self) -> str:
        return f"_half_unit_of_{self.column}"


_RATIOS = (
    _Ratio("reported_roas", _Amount("revenue", 2, 6), _Amount("spend", 2, 6), usual=2),
    _Ratio("reported_ctr", _Amount("clicks", 0, 0), _Amount("impressions", 0, 0), usual=4),
)


def recover(
    rows: pl.DataFrame,
    relative_error: float = 0.005,
    agreement: float = 0.9,
    telling_values: int = 3,
    telling_rows: int = 2,
) -> pl.DataFrame:
    """Fill null spend, revenue, clicks and impressions where the row determines them. `rows`: table raw_rows.

    Adds `recovered` (names of the filled metrics, comma separated, null for none) and `recovered_error`: by how much a
    recovered spend may differ from the true one at most, in the account's currency; 0 where it is exact to the last
    decimal, null where spend was not recovered.

    `relative_error`: half-width of the interval beside the value up to which a value is recovered; at 0 only what is
    exact to the cent or click. `agreement`: share of an upload's complete rows that must confirm its ratio; one that
    they contradict (another attribution, other clicks) recovers nothing. A ratio counts as stated with its usual
    decimals where an upload shows fewer than `telling_values` different values of it, or `telling_rows` complete rows
    confirm it to these decimals; else with the decimals it shows.
    """
    stated = rows
    marks: list[pl.Expr] = []
    spend_error = pl.lit(None, pl.Float64)
    for ratio in _RATIOS:
        targets = [t for t in (ratio.numerator, ratio.denominator) if _wanted(stated, ratio, t)]
        if not targets:
            continue
        precise = _precision(stated, ratio, agreement, telling_values, telling_rows)
        with_precision = stated.join(precise, on="upload_id", how="left", maintain_order="left")
        for target in targets:
            value, error = _recovered(ratio, target, relative_error)
            found = with_precision.select(value=value, error=pl.when(value.is_not_null()).then(error))
            filled = stated.get_column(target.name).is_null() & found.get_column("value").is_not_null()
            if not filled.any():
                continue
            rows = rows.with_columns(pl.coalesce(target.name, found.get_column("value")).alias(target.name))
            marks.append(pl.when(filled).then(pl.lit(target.name)))
            if target.name == "spend":
                spend_error = pl.when(filled).then(found.get_column("error"))
    if not marks:
        return rows.with_columns(recovered=pl.lit(None, pl.String), recovered_error=spend_error)
    mark = pl.concat_str(marks, separator=",", ignore_nulls=True).replace("", None)
    return rows.with_columns(recovered=mark, recovered_error=spend_error)


def _other(ratio: _Ratio, target: _Amount) -> _Amount:
    return ratio.denominator if target is ratio.numerator else ratio.numerator


def _wanted(rows: pl.DataFrame, ratio: _Ratio, target: _Amount) -> bool:
    """Whether any row lacks the target and states the ratio and the other factor."""
    there = pl.col(ratio.column).is_not_null() & pl.col(_other(ratio, target).name).is_not_null()
    return bool(rows.select((pl.col(target.name).is_null() & there).any()).item())


def _half_unit(decimals: pl.Expr) -> pl.Expr:
    return 0.5 * pl.lit(10.0).pow(-decimals)


def _decimals(column: str, most: int) -> list[pl.Expr]:
    """For each number of decimals up to `most` whether it shows all values of a group's column: see `_fewest`."""
    value = pl.col(column)
    return [
        ((value - value.round(digits)).abs() * 10.0**digits <= 1e-6).all().alias(f"_{column}_{digits}")
        for digits in range(most + 1)
    ]


def _fewest(column: str, most: int) -> pl.Expr:
    """The fewest decimals that show all values of the column, `most` where none do."""
    shown = [pl.when(pl.col(f"_{column}_{digits}")).then(pl.lit(digits, pl.Int64)) for digits in range(most + 1)]
    return pl.coalesce(*shown, pl.lit(most, pl.Int64))


def _precision(
    rows: pl.DataFrame, ratio: _Ratio, agreement: float, telling_values: int, telling_rows: int
) -> pl.DataFrame:
    """One row an upload: half a unit of the ratio's last decimal (null: its complete rows contradict it), and the
    decimals of the two factors."""
    factors = {f.name: f for f in (ratio.numerator, ratio.denominator)}
    grid = [f for f in factors.values() if f.most_decimals]
    seen = rows.group_by("upload_id").agg(
        *_decimals(ratio.column, _MOST_DECIMALS),
        *(test for f in grid for test in _decimals(f.name, f.most_decimals)),
        pl.col(ratio.column).drop_nulls().n_unique().alias("_values"),
    )
    shown = _fewest(ratio.column, _MOST_DECIMALS)
    decimals = [
        pl.max_horizontal(_fewest(f.name, f.most_decimals), f.decimals).alias(f"_decimals_of_{f.name}") for f in grid
    ] + [pl.lit(f.decimals, pl.Int64).alias(f"_decimals_of_{f.name}") for f in factors.values() if not f.most_decimals]
    seen = seen.with_columns(
        *decimals,
        _half_unit(shown).alias("_as_shown"),
        _half_unit(pl.max_horizontal(shown, ratio.usual)).alias("_as_usual"),
    )
    confirmed = _confirmed(rows.join(seen, on="upload_id", how="left", maintain_order="left"), ratio)
    seen = seen.join(confirmed, on="upload_id", how="left", maintain_order="left")
    none = pl.col("_complete").is_null()
    shown_holds = none | (pl.col("_share_as_shown") >= agreement)
    usual_holds = none | (pl.col("_share_as_usual") >= agreement)
    few = (pl.col("_values") < telling_values) | (pl.col("_complete") >= telling_rows).fill_null(False)
    half_unit = pl.when(few & usual_holds).then("_as_usual").when(shown_holds).then("_as_shown")
    return seen.select("upload_id", half_unit.alias(ratio.half_unit), *(f"_decimals_of_{name}" for name in factors))


def _confirmed(rows: pl.DataFrame, ratio: _Ratio) -> pl.DataFrame:
    """Per upload with complete rows: how many it has, and the shares of them whose factors give the stated ratio.

    The factors may be rounded, too, where the ratio was taken from exact ones.
    """
    top, bottom, stated = pl.col(ratio.numerator.name), pl.col(ratio.denominator.name), pl.col(ratio.column)
    complete = rows.filter((bottom > 0) & (top > 0) & (stated > 0))
    rounding = _unit_of(ratio.numerator) / 2 / bottom + stated * _unit_of(ratio.denominator) / 2 / bottom
    off = (top / bottom - stated).abs() - (rounding if ratio.numerator.most_decimals else 0)
    return complete.group_by("upload_id").agg(
        pl.len().alias("_complete"),
        *(
            (off <= pl.col(unit) * (1 + _FLOAT_NOISE) + _FLOAT_NOISE * stated).mean().alias(f"_share{unit}")
            for unit in ("_as_shown", "_as_usual")
        ),
    )


def _unit_of(factor: _Amount) -> pl.Expr:
    return pl.lit(10.0).pow(-pl.col(f"_decimals_of_{factor.name}"))


def _recovered(ratio: _Ratio, target: _Amount, relative_error: float) -> tuple[pl.Expr, pl.Expr]:
    """The value of the missing factor and its error; the value is null where the row does not determine it."""
    stated, half_unit = pl.col(ratio.column), pl.col(ratio.half_unit)
    known, unit = pl.col(_other(ratio, target).name), _unit_of(target)
    smallest, largest = pl.max_horizontal(stated - half_unit, 0.0), stated + half_unit
    if target is ratio.numerator:
        estimate, low, high = known * stated, known * smallest, known * largest
        possible = (known > 0) & (stated >= 0)
    else:
        estimate, low, high = known / stated, known / largest, known / smallest
        possible = (known > 0) & (stated > half_unit)
    first = (low / unit * (1 - _FLOAT_NOISE) - _FLOAT_NOISE).ceil()
    last = (high / unit * (1 + _FLOAT_NOISE) + _FLOAT_NOISE).floor()
    exact = first == last
    rounded = _rounded(pl.when(exact).then(first * unit).otherwise(estimate), target)
    error = pl.when(exact).then(0.0).otherwise(pl.max_horizontal(high - rounded, rounded - low))
    sure = exact | ((rounded > 0) & (error <= relative_error * rounded))
    positive = rounded > 0 if target is ratio.denominator else pl.lit(True)
    return pl.when(possible & sure & positive & _part_of_whole(ratio, target, rounded, known)).then(rounded), error


def _part_of_whole(ratio: _Ratio, target: _Amount, value: pl.Expr, known: pl.Expr) -> pl.Expr:
    """Of counts the numerator is a part of the denominator: there are no more clicks than impressions."""
    if not ratio.of_counts:
        return pl.lit(True)
    return value <= known if target is ratio.numerator else value >= known


def _rounded(value: pl.Expr, target: _Amount) -> pl.Expr:
    """The value with the decimals its upload states it with, as the nearest float."""
    steps = [
        pl.when(pl.col(f"_decimals_of_{target.name}") == digits).then(value.round(digits))
        for digits in range(target.decimals, target.most_decimals + 1)
    ]
    return pl.coalesce(*steps)
