"""Rows that are sums of other rows, told by arithmetic: whatever they are called, or not called at all.

Belongs here: which rows are sums, and when two figures are equal but for rounding. Does not: words (`total_labels`),
the comparison with the file's own total (`checksum`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import polars as pl

from adtech_assets.exports.dialect import LINE
from adtech_assets.exports.periods import NAMES_TIME
from adtech_assets.exports.refusal import Refusal
from adtech_assets.exports.total_labels import HIERARCHY, is_blank, word_pattern
from adtech_assets.exports.vocabulary import Vocabulary

IDENTITY = (
    "account", "campaign", "campaign_id", "adset", "ad", "creative_message", "audience", "country", "location",
    "device", "platform_name", "channel", "order_id",
)  # fmt: skip
_BREAKDOWNS = ("audience", "country", "location", "device", "platform_name", "channel", "creative_message")
_CENT = 0.01
_SMALL, _ENDS = 100_000, 200
_MOST_WORDED, _LEAST_FIGURES, _LARGE = 200, 2, 100
_NEARLY_ALL = 0.9


def unlabelled(table: pl.DataFrame, metrics: Sequence[str], vocabulary: Vocabulary) -> pl.Series:
    """True for the first or last row where it names nothing and is the sum of the others.

    `table` holds the rows that have no label, with typed `metrics` and the column `__timed` (the row names a time). A
    nameless row of a platform's export that is larger than any named one in every figure is its total too, though it
    does not add up (a file cut short, a filter); a nameless row that is less is a row.
    """
    is_total = pl.Series([False]).new_from_index(0, table.height)
    if table.height < 2:
        return is_total
    identity = [c for c in IDENTITY if c in table.columns]
    ends = table.select(pl.all().gather([0, table.height - 1]))
    untimed = ~pl.col("__timed").fill_null(not identity)
    nameless = ends.select(pl.all_horizontal(*map(is_blank, identity), untimed))
    for at, flag in zip((0, table.height - 1), nameless.to_series(), strict=True):
        rest = table.filter(pl.int_range(pl.len()) != at) if flag else table.clear()
        others_named = rest.select(
            pl.any_horizontal(*(~is_blank(c) for c in identity), *([] if identity else ["__timed"])).any()
        )
        if flag and others_named.item():
            stated = [m for m in metrics if table.get_column(m).count()]
            if _sums_up(
                table.row(at, named=True), rest, stated, exactly=vocabulary.kind != "ads" or not vocabulary.signs
            ):
                return is_total.scatter(at, True)
    return is_total


def _sums_up(row: dict[str, object], rest: pl.DataFrame, metrics: Sequence[str], *, exactly: bool) -> bool:
    equal, most, compared = 0, 0, 0
    for metric in metrics:
        value = row[metric]
        total = float(rest.get_column(metric).sum() or 0)
        if not isinstance(value, float) or (value == 0 and total == 0):
            continue
        compared += 1
        equal += _near(value, total, rest.get_column(metric), 1)
        largest = rest.get_column(metric).max()
        most += value >= _NEARLY_ALL * total or (rest.height > 1 and isinstance(largest, float) and value > largest)
    if not compared:  # nothing was delivered: a platform's nameless row is its total all the same
        return not exactly and any(row[metric] == 0 for metric in metrics)
    return equal == compared if exactly else equal > 0 or most == compared


def worded(table: pl.DataFrame, metrics: Sequence[str], vocabulary: Vocabulary) -> pl.Series:
    """True for rows that have a word for total somewhere in a cell (`Total March`, `Search Subtotal`) and whose every
    figure is the sum of all other rows, or of the rows since the total before them."""
    is_total = pl.Series([False]).new_from_index(0, table.height)
    text = [c for c, dtype in table.schema.items() if (dtype == pl.String and c in IDENTITY) or c in NAMES_TIME]
    stated = [m for m in metrics if table.get_column(m).count()]
    if not text or not stated or table.height < 2:
        return is_total
    looked_at = pl.lit(True)
    if table.height > _SMALL:  # in a large table totals stand at the ends, or name no time
        place = pl.int_range(pl.len())
        looked_at = (place < _ENDS) | (place >= pl.len() - _ENDS) | ~pl.col("__timed").fill_null(True)
    some = table.with_row_index("__at").filter(looked_at)
    has_word = pl.any_horizontal(pl.col(c).str.contains(word_pattern()) for c in text)
    suspects = some.filter(has_word.fill_null(False)).get_column("__at").to_list()
    if not suspects or len(suspects) > _MOST_WORDED:
        return is_total
    others = table.filter(~pl.int_range(pl.len()).is_in(suspects))
    begin, found = 0, []
    for at in suspects:
        row = table.row(at, named=True)
        block = table.slice(begin, at - begin)
        parts = [part for part in (block, others, _except(table, at)) if not _says_the_same(row, part, text)]
        if any(equals(row, part, stated) for part in parts):
            found.append(at)
            begin = at + 1
    return is_total.scatter(found, True) if found else is_total


def _says_the_same(row: dict[str, object], part: pl.DataFrame, text: Sequence[str]) -> bool:
    """Whether a part is nothing, or one row with the same names: a row that stands twice is no total of itself."""
    return part.height == 0 or (part.height == 1 and all(part[c][0] == row[c] for c in text))


def _except(table: pl.DataFrame, at: int) -> pl.DataFrame:
    return table.filter(pl.int_range(pl.len()) != at)


def equals(row: dict[str, object], part: pl.DataFrame, metrics: Sequence[str], sigmas: float = 1) -> bool:
    """Whether every figure of a row is the sum of a part of the table, and one of them is not 0."""
    some = False
    for metric in metrics:
        value, values = row[metric], part.get_column(metric)
        total = float(values.sum() or 0)
        if value is None and values.count():
            continue
        if not isinstance(value, float) or not _near(value, total, values, sigmas):
            return False
        some = some or value != 0
    return some


def halves(table: pl.DataFrame, metrics: Sequence[str], vocabulary: Vocabulary) -> pl.Series:
    """True for the one row whose every figure is exactly half of its column: the sum of all others, whatever it is
    called. Only where chance is no explanation: at least two figures that count, and two other rows that have them."""
    is_total = pl.Series([False]).new_from_index(0, table.height)
    stated = [m for m in metrics if table.get_column(m).count() and float(table.get_column(m).sum() or 0) > 0]
    if len(stated) < _LEAST_FIGURES or table.height <= _LEAST_FIGURES:
        return is_total
    half = pl.all_horizontal(((2 * pl.col(m) - pl.col(m).sum()).abs() <= 2 * _CENT).fill_null(False) for m in stated)
    found = table.select(half).to_series().arg_true()
    if found.len() != 1:
        return is_total
    rest = _except(table, int(found[0]))
    delivered = rest.filter(pl.all_horizontal(pl.col(m) > 0 for m in stated)).height
    large = any(float(table.get_column(m).sum() or 0) >= _LARGE for m in stated)
    return is_total.scatter(found, True) if delivered >= _LEAST_FIGURES and large else is_total


def subtotals(table: pl.DataFrame, metrics: Sequence[str], vocabulary: Vocabulary) -> pl.Series:
    """True for rows that sum the rows of their own campaign (or ad set) on the same day: they name it, and nothing below.

    A row that names nothing below but is less than those rows is a row. Refusal where it is as much or more without
    being their sum, for then the same money would count twice or not, and nobody can tell.
    """
    is_sum = pl.Series([False]).new_from_index(0, table.height)
    stated = [m for m in metrics if table.get_column(m).count()]
    present = [c for c in HIERARCHY if c in table.columns]
    if not stated or vocabulary.kind != "ads" or not vocabulary.signs:
        return is_sum
    for upper, lower in pairwise(present):
        wholes_and_parts = table.select(is_blank(lower).any() & ~is_blank(lower).all()).item()
        if not wholes_and_parts:
            continue
        beside = [is_blank(c) for c in _BREAKDOWNS if c in table.columns]
        whole = pl.all_horizontal(is_blank(lower), *beside)
        flagged = table.with_columns(is_sum.alias("__sum"), whole.alias("__whole")).with_row_index("__at")
        key = ["first", "last", *present[: present.index(upper) + 1]]
        rest = flagged.filter(~pl.col("__sum"), ~is_blank(upper))
        both = rest.filter((pl.col("__whole").any() & ~pl.col("__whole").all()).over(key))
        if both.is_empty():
            continue
        wholes = both.filter(pl.col("__whole")).group_by(key).agg(
            *(pl.col(m).sum() for m in stated), pl.col("__at"), pl.col(LINE).min()
        )  # fmt: skip
        parts = (
            both.filter(~pl.col("__whole")).group_by(key).agg(*(pl.col(m).sum().alias(f"{m}_parts") for m in stated))
        )
        joined = wholes.join(parts, on=key, nulls_equal=True)
        equal = pl.all_horizontal(
            (pl.col(m) - pl.col(f"{m}_parts")).abs() <= _CENT + 1e-6 * pl.col(m).abs() for m in stated
        )
        nearly = pl.all_horizontal(pl.col(m) >= _NEARLY_ALL * pl.col(f"{m}_parts") for m in stated)
        differing = joined.filter(~equal & nearly).sort(LINE)
        if differing.height:
            raise Refusal(
                f"line {differing[LINE][0]} names a {upper} without {lower} beside rows of its own: several levels in one "
                "file, whose totals would count twice. What to do: export one level a file"
            )
        is_sum = is_sum.scatter(joined.filter(equal)["__at"].explode().to_list(), True)
    return is_sum


def _near(value: float, total: float, values: pl.Series, sigmas: float) -> bool:
    """Whether a figure is the sum of values but for rounding; most often their difference alone says so."""
    apart = abs(value - total)
    if apart <= _CENT / 2 or apart > _CENT + sigmas * _CENT * math.sqrt(values.len()):
        return apart <= _CENT / 2
    return apart <= tolerance(values, sigmas)


def tolerance(values: pl.Series, sigmas: float) -> float:
    """What the rounding of every row to cents may add up to; at least a cent. 0.5 where all values are whole."""
    stated = values.drop_nulls()
    if ((stated - stated.round()).abs() < 1e-9).all():
        return 0.5 * _CENT if stated.is_empty() else _CENT
    return max(_CENT, sigmas * _CENT * math.sqrt(stated.len() / 12)) + 1e-6
