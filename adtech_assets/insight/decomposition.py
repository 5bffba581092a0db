"""A change between two periods as parts that add up to it: over members of dimensions, and along the chain from spend
to revenue.

Belongs here: exact accounting of what lies between two periods. Does not: the periods themselves (`two_periods`), which
part is to blame, or whether it is more than chance. What a metric is, says the semantic model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import polars as pl

from adtech_assets.insight.two_periods import (
    BEFORE,
    NotEnoughData,
    Sums,
    figures_of,
    known_sum,
    periods_of,
    sides_of,
    sums_of,
    values_of,
    whole_of,
)
from adtech_assets.metrics.model import SUM_DIGITS, Metric, semantic_model

__all__ = ["OTHER", "UNNAMED", "NotEnoughData", "chain", "periods_of", "split"]

OTHER, UNNAMED = "(other)", "(not stated)"
"""The member that holds what is past the largest ones; the member of rows that do not name theirs."""
MOST_DIMENSIONS = 3
"""Dimensions that one split may combine."""
NO_CHANGE = 1e-12
"""A change smaller than this share of the metric is the rounding of floats: there is nothing to take a share of."""
LADDER = ("spend", "impressions", "clicks", "conversions", "revenue")
"""Additive metrics from cause to effect. The ratios between two of them are the links of a chain."""


def split(periods: pl.DataFrame, metric: str, by: Sequence[str], members: int | None = None) -> pl.DataFrame:
    """The change of a metric over the members of one to three dimensions, largest part first.

    periods: leaves as of `periods_of`; rows of one combination are summed, a column that is not there is unknown.
    members: past that many the rest is one row, `OTHER` in each of `by`. Null in a dimension is the member `UNNAMED`;
    a member that never states the metric has no row.
    Columns: `by`, then floats: before, now (the member's own value; null = it has none), rate, mix, contribution (in
    the metric's unit, never null), share_of_change (null where nothing changed). Contributions sum to the change.

    Additive metric: contribution = now - before, what is unknown counting nothing; rate and mix are null.
    Ratio R = N / D; w a member's share of D, r its own ratio, 0 and 1 the periods, R* = (R0 + R1) / 2:
        mix = (w1 - w0) * ((r0 + r1) / 2 - R*): more or less weight on a member that is better or worse than the whole;
        rate = (w0 + w1) / 2 * (r1 - r0): the member itself got better or worse;
        contribution = rate + mix = n1 / D1 - n0 / D0 - (w1 - w0) * R*, whose last terms sum to 0 over the members.
    A member without a denominator in one period is new or gone: all mix. What numerator it has nevertheless is rate.
    The weights are means of both periods (Marshall-Edgeworth), so that nothing is left over and exchanging the periods
    only changes signs.

    Raises NotEnoughData where the whole has no value in a period, KeyError for a metric that is not defined, and
    ValueError for no or too many dimensions, ones that `periods` does not have, or `members` below 1.
    """
    definition = semantic_model().metric(metric)
    _check(periods, by, members)
    names = sides_of(metric, definition)
    figures = figures_of(periods, names)
    sums = sums_of(figures, names)
    before, now = whole_of(metric, definition, sums)
    keys = [pl.col(name).cast(pl.String).fill_null(UNNAMED) for name in by]
    table = (
        periods.select(keys)
        .hstack(figures)
        .group_by(by)
        .agg(map(known_sum, figures.columns))
        .filter(pl.any_horizontal(pl.col(figures.columns).is_not_null()))
    )
    if definition.numerator:
        table = _parts_of_ratio(table, definition, sums[names[-1]], (before + now) / 2)
    else:
        table = _parts_of_sum(table, metric)
    table = table.sort(pl.col("contribution").abs(), *by, descending=[True, *(False for _ in by)])
    if members is not None and table.height > members:
        table = _with_rest(table, by, members)
    change = now - before
    moved = abs(change) > NO_CHANGE * max(abs(before), abs(now))
    return table.select(
        *by,
        _own(metric, definition, BEFORE).alias("before"),
        _own(metric, definition).alias("now"),
        "rate",
        "mix",
        "contribution",
        share_of_change=pl.col("contribution") / change if moved else pl.lit(None, pl.Float64),
    )


def chain(periods: pl.DataFrame, metric: str) -> pl.DataFrame:
    """The change of a metric over the factors whose product it is, from cause to effect.

    periods: as for `split`. Columns: factor (name of a metric), before and now (its value; null where it has none),
    contribution (in the unit of `metric`, never null). Contributions sum to the change of the metric.

    revenue = spend x 1000 / cpm x ctr x cvr x aov; an additive metric further up the LADDER takes fewer factors, a
    ratio metric those between its two sides. Of what is not known in both periods no factor is made: the chain takes
    the ratio that leaps over it (cpc where impressions are unknown, cac or roas where clicks are), and begins with the
    first known cause where spend is not known.

    Contribution of a factor x of value V: L(V1, V0) * ln(x1 / x0), or minus that where V is divided by x; L(a, b) =
    (a - b) / ln(a / b), the logarithmic mean: the additive LMDI of Ang (2004, Energy Policy 32:1131; 2005, 33:867).
    It leaves no residual and does not depend on the order of the factors. Where V is 0 in a period or changes sign
    there is no logarithm: the first factor that breaks (goes to or comes from 0, or changes sign) has the whole change
    and the others 0, which is what LMDI tends to as that factor tends to 0 (Ang and Liu 2007, Energy Policy 35:238).
    A cause that is 0 or changes sign while an effect of it does not (clicks without impressions) is taken as unknown.

    A factor is that of all rows together, so it holds the mix of members too: `split` it to see that. Raises
    NotEnoughData where the metric has no value in a period, KeyError for a metric that is not defined.
    """
    definition = semantic_model().metric(metric)
    sums = sums_of(figures_of(periods, LADDER), LADDER)
    before, now = whole_of(metric, definition, sums)
    path = _path(metric, definition, sums)
    # An additive metric is a product that begins with a sum (None: before it, nothing); a ratio has links only.
    nodes = [*([] if definition.numerator else [None]), *path]
    growths = [0.0 if node is None else sums[node].growth for node in nodes]
    known = [growth for growth in growths if growth is not None]
    if len(known) == len(nodes):
        # Spend for each effect falls as the links between the two rise.
        mean = _logarithmic_mean(before, now) * (-1 if definition.numerator == path[0] else 1)
        contributions = [mean * (end - start) for start, end in pairwise(known)]
    else:
        broken = max(growths.index(None) - 1, 0)
        contributions = [now - before if link == broken else 0.0 for link in range(len(nodes) - 1)]
    factors = [end if start is None else _links()[frozenset((start, end))] for start, end in pairwise(nodes) if end]
    rows = [
        (factor, *values_of(factor, semantic_model().metric(factor), sums), contribution)
        for factor, contribution in zip(factors, contributions, strict=True)
    ]
    schema = {"factor": pl.String(), "before": pl.Float64(), "now": pl.Float64(), "contribution": pl.Float64()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _check(periods: pl.DataFrame, by: Sequence[str], members: int | None) -> None:
    if not 1 <= len(by) <= MOST_DIMENSIONS or len(set(by)) < len(by):
        raise ValueError(f"one to {MOST_DIMENSIONS} different dimensions are expected, not {list(by)}")
    if unknown := [name for name in by if name not in periods.columns]:
        raise ValueError(f"the periods have no dimension {', '.join(unknown)}")
    if members is not None and members < 1:
        raise ValueError(f"at least one member must be kept, not {members}")


def _parts_of_sum(table: pl.DataFrame, metric: str) -> pl.DataFrame:
    none = pl.lit(None, pl.Float64)
    contribution = pl.col(metric).fill_null(0) - pl.col(f"{metric}{BEFORE}").fill_null(0)
    return table.with_columns(rate=none, mix=none, contribution=contribution)


def _parts_of_ratio(table: pl.DataFrame, definition: Metric, weight: Sums, middle: float) -> pl.DataFrame:
    """Add rate, mix and contribution as `split` defines them. weight: the denominators of the whole; middle: R*.

    The contribution comes first, and rate is what mix leaves of it: a tiny denominator makes a huge ratio, and the
    contribution must not be the difference of two of them.
    """
    shares, ratios, parts = [], [], []
    for suffix, amount in ((BEFORE, weight.before), ("", weight.now)):
        over = definition.scale * pl.col(f"{definition.numerator}{suffix}").fill_null(0)
        under = pl.col(f"{definition.denominator}{suffix}").fill_null(0)
        shares.append(under / amount)
        parts.append(over / amount)
        ratios.append(pl.when(under.round(SUM_DIGITS) != 0).then(over / under))
    shift = shares[1] - shares[0]
    one_sided = ratios[0].is_null() | ratios[1].is_null()
    # Numerator without a denominator: it belongs to no weight, so mix cannot hold it.
    bare = (ratios[0].is_null() & (parts[0] != 0)) | (ratios[1].is_null() & (parts[1] != 0))
    own = (pl.coalesce(ratios[0], ratios[1]) + pl.coalesce(ratios[1], ratios[0])) / 2
    contribution = pl.col("contribution")
    mix = pl.when(one_sided & ~bare).then(contribution).otherwise((shift * (own - middle)).fill_null(0))
    return (
        table.with_columns(contribution=parts[1] - parts[0] - shift * middle)
        .with_columns(mix=mix)
        .with_columns(rate=contribution - pl.col("mix"))
    )


def _own(metric: str, definition: Metric, suffix: str = "") -> pl.Expr:
    """A member's own value of the metric in one period."""
    if definition.numerator is None:
        return pl.col(f"{metric}{suffix}")
    under = pl.col(f"{definition.denominator}{suffix}")
    quotient = definition.scale * pl.col(f"{definition.numerator}{suffix}") / under
    return pl.when(under.round(SUM_DIGITS) != 0).then(quotient)


def _with_rest(table: pl.DataFrame, by: Sequence[str], members: int) -> pl.DataFrame:
    """The first `members` rows, and all others as one. A member that a file itself names OTHER is with the others."""
    called_other = pl.all_horizontal(pl.col(by) == OTHER)
    kept = table.filter(~called_other).head(members)
    rest = table.join(kept, on=by, how="anti", maintain_order="left")
    figures = [name for name in table.columns if name not in by]
    return pl.concat(
        [kept, rest.select(*(pl.lit(OTHER).alias(name) for name in by), *(known_sum(name, None) for name in figures))]
    )


def _links() -> dict[frozenset[str], str]:
    """The ratio between two metrics of the LADDER, whichever is above the other."""
    ratios = semantic_model().ratio.items()
    return {frozenset(sides): name for name, ratio in ratios if set(sides := sides_of(name, ratio)) <= set(LADDER)}


def _path(metric: str, definition: Metric, sums: Mapping[str, Sums]) -> tuple[str, ...]:
    """The longest way up the LADDER over links, to the metric or, if it is a ratio, from one of its sides to the other.

    A cause that is unknown, or without growth although an effect of it has some, is not on the way.
    """
    ends = sorted(sides_of(metric, definition), key=LADDER.index)
    first = LADDER.index(ends[0]) if definition.numerator else 0
    nodes = LADDER[first : LADDER.index(ends[-1]) + 1]
    sound = [sums[node].growth is not None for node in nodes]
    links = _links()
    ways: dict[str, tuple[str, ...]] = {}
    for at, node in enumerate(nodes):
        known = sums[node].before is not None and sums[node].now is not None
        if node not in ends and (not known or (not sound[at] and any(sound[at:]))):
            continue
        reaching = [(*way, node) for cause, way in ways.items() if frozenset((cause, node)) in links]
        if reaching or not ways or not definition.numerator:
            ways[node] = max(reaching, key=len, default=(node,))
    return ways[ends[-1]]


def _logarithmic_mean(a: float, b: float) -> float:
    """Between two numbers of one sign: (a - b) / ln(a / b), and a where they are equal."""
    if a == b:
        return a
    near = abs(a - b) < min(abs(a), abs(b)) / 2  # there, the difference of two logarithms has few digits left
    return (a - b) / (math.log1p((a - b) / b) if near else math.log(abs(a)) - math.log(abs(b)))
