"""Total rows: lines of a file that sum the others. They are a checksum, never data.

A total row says so in words, or names nothing, or is provably the sum of others. A campaign called "Total Rewards
Brand", or even "Total", is none. Belongs here: parting total rows from rows, by words (`total_labels`) and arithmetic
(`sums`) together. Does not: comparing them with the rows (`checksum`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import polars as pl

from adtech_assets.exports.sums import equals, halves, subtotals, unlabelled, worded
from adtech_assets.exports.total_labels import HIERARCHY, LABEL, SUBTOTAL, alone_pattern, labels
from adtech_assets.exports.vocabulary import Vocabulary

_MOST_NAMESAKES = 20
_CONFIRMING = 4  # standard deviations of rounding


@dataclass(frozen=True)
class Split:
    """`rows` without total rows, the `totals` with their labels, and which of all rows were `kept`."""

    rows: pl.DataFrame
    totals: pl.DataFrame
    kept: pl.Series


def split(table: pl.DataFrame, metrics: Sequence[str], numeric: Collection[str], vocabulary: Vocabulary) -> Split:
    """Part the total rows from the rows. `table` has typed `metrics`, the texts of all other columns, and `__timed`,
    null where the file has no column of times: a row that names a time is no total."""
    text = [c for c, dtype in table.schema.items() if dtype == pl.String and c not in numeric]
    label = labels(table, text, ~table.get_column("__timed").fill_null(False), vocabulary)
    label = _without_namesakes(table, label, metrics)
    kept = label.is_null()
    table = table.with_columns(label)
    rest = table.filter(kept) if not kept.all() else table
    for find, marked in ((unlabelled, None), (worded, SUBTOTAL), (halves, None), (subtotals, SUBTOTAL)):
        if find is not unlabelled and _confirmed(rest, table.filter(~kept), metrics):
            break
        found = find(rest, metrics, vocabulary)
        if found.any():
            at = kept.arg_true().filter(found)
            if marked:
                table = table.with_columns(table.get_column(LABEL).scatter(at, marked).alias(LABEL))
            kept, rest = kept.scatter(at, False), rest.filter(~found)
    return Split(rest, _named_again(table.filter(~kept), rest, metrics), kept)


def _without_namesakes(table: pl.DataFrame, label: pl.Series, metrics: Sequence[str]) -> pl.Series:
    """Labels without that of a campaign which is called `Total` or `Total: shop`: one row, without which as a row no
    other total row of the file adds up, and with which one does."""
    label = _without_small(table, label, metrics)
    at = label.is_not_null().arg_true()
    if not 1 < at.len() <= _MOST_NAMESAKES:
        return label
    named, rows = table.with_columns(label).filter(label.is_not_null()), table.filter(label.is_null())
    if _confirmed(rows, named, metrics):
        return label
    for place in range(at.len()):
        others = named.filter(pl.int_range(pl.len()) != place)
        row = named.row(place, named=True)
        if row[LABEL] not in [row.get(c) for c in HIERARCHY] or _confirmed(named.slice(place, 1), others, metrics):
            continue  # not said in a campaign's place, or as large as another total by itself
        counted = pl.concat([rows, named.slice(place, 1).drop(LABEL)])
        if _confirmed(counted, others, metrics):
            return label.clone().scatter(int(at[place]), None)
    return label


def _without_small(table: pl.DataFrame, label: pl.Series, metrics: Sequence[str]) -> pl.Series:
    """Labels without those in a campaign's place on a row smaller than another in every figure: no sum is smaller.

    A word alone is judged by itself; `Total: Display` may be the small total of a part, and is none only where no row
    of the file is a total that is large enough.
    """
    stated = [m for m in metrics if table.get_column(m).count()]
    if not label.count() or not stated:
        return label
    rest = table.filter(label.is_null())
    largest = {m: rest.get_column(m).max() for m in stated}
    smaller = table.select(
        pl.all_horizontal((pl.col(m) < largest[m]).fill_null(True) for m in stated)
        & pl.any_horizontal(pl.col(m).is_not_null() for m in stated)
    ).to_series()
    said = [label == table.get_column(c) for c in HIERARCHY if c in table.columns]
    in_place = pl.select(pl.any_horizontal(said).fill_null(False)).to_series() if said else label.is_null() & False
    alone = label.str.contains(alone_pattern()).fill_null(False)
    none_large = bool(smaller.filter(label.is_not_null()).all())
    namesake = smaller & (alone | in_place if none_large else alone)
    return pl.select(pl.when(~namesake).then(label).alias(LABEL)).to_series()


def _named_again(totals: pl.DataFrame, rows: pl.DataFrame, metrics: Sequence[str]) -> pl.DataFrame:
    """Total rows; one taken for a subtotal that is the sum of all rows is the file's total after all."""
    if totals.is_empty():
        return totals
    stated = [m for m in metrics if rows.get_column(m).count()]
    whole = [row[LABEL] == SUBTOTAL and equals(row, rows, stated) for row in totals.to_dicts()]
    return totals.with_columns(pl.when(pl.Series(whole, dtype=pl.Boolean)).then(None).otherwise(LABEL).alias(LABEL))


def _confirmed(rows: pl.DataFrame, totals: pl.DataFrame, metrics: Sequence[str]) -> bool:
    """Whether one of the total rows found is the sum of all rows: then none of them is a total, too."""
    named = totals.filter(pl.col(LABEL).ne_missing(SUBTOTAL))
    stated = [m for m in metrics if named.get_column(m).count()]
    return bool(stated) and any(equals(row, rows, stated, _CONFIRMING) for row in named.to_dicts())
