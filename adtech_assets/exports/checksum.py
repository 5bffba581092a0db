"""The file's own total row as a checksum: the row that covers the listed rows, against their sum.

Belongs here: choosing that row and comparing it. Does not: recognising total rows (`totals`), or deciding what follows from
a difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from adtech_assets.exports.dialect import LINE
from adtech_assets.exports.refusal import Refusal
from adtech_assets.exports.sums import tolerance
from adtech_assets.exports.total_labels import LABEL, SUBTOTAL, any_of
from adtech_assets.exports.vocabulary import Vocabulary
from adtech_assets.tables import CHECKSUMS

_MULTIPLES = (2, 3, 4)


@dataclass(frozen=True)
class Checksum:
    """One metric of the total row against the rows. `tolerance` is what rounding of every row explains."""

    metric: str
    rows_sum: float
    file_total: float
    tolerance: float
    ok: bool


@dataclass(frozen=True)
class Checked:
    """The total row that covers the listed rows, and its checksums; none where no total row does."""

    line: int | None
    label: str | None
    sums: tuple[Checksum, ...]


def check(
    rows: pl.DataFrame, totals: pl.DataFrame, metrics: Sequence[str], vocabulary: Vocabulary, sigmas: float
) -> Checked:
    """Compare the total row that covers the listed rows with their sum.

    It is the one whose label says so, else the only one, else the one without a label, else the first that equals the
    rows; where a platform only writes totals of parts (`Search total`, `Audience total`), all of them together.
    """
    none = Checked(None, None, ())
    totals = totals.filter(pl.col(LABEL).ne_missing(SUBTOTAL))
    if totals.is_empty() or rows.is_empty():
        return none
    chosen = _covering(rows, totals, metrics, vocabulary, sigmas)
    if chosen is None:
        return none
    sums = _compare(rows, chosen, metrics, sigmas)
    _refuse_multiples(sums, chosen[LINE][0])
    return Checked(chosen[LINE][0], chosen[LABEL][0], sums)


def _refuse_multiples(sums: Sequence[Checksum], line: int) -> None:
    """Refusal where the rows are twice (three times) the total row in every figure: subtotals stand among them."""
    counted = [one for one in sums if one.file_total and not one.ok]
    for times in _MULTIPLES:
        if len(counted) > 1 and all(abs(one.rows_sum - times * one.file_total) <= one.tolerance for one in counted):
            raise Refusal(
                f"the rows are {times} times the total row in line {line}: totals of parts stand among the rows, in words "
                "that are not known. What to do: export it without subtotals"
            )


def _covering(
    rows: pl.DataFrame, totals: pl.DataFrame, metrics: Sequence[str], vocabulary: Vocabulary, sigmas: float
) -> pl.DataFrame | None:
    if vocabulary.covering_labels:
        pattern = any_of(vocabulary.covering_labels)
        named = totals.filter(pl.col(LABEL).str.strip_chars().str.contains(pattern).fill_null(False))
        if named.height:
            return named.head(1)
    if totals.height == 1:
        return totals
    unnamed = totals.filter(pl.col(LABEL).is_null())
    if unnamed.height:
        return unnamed.head(1)
    for at in range(totals.height):
        sums = _compare(rows, totals.slice(at, 1), metrics, sigmas)
        if sums and all(one.ok for one in sums) and any(one.file_total for one in sums):
            return totals.slice(at, 1)
    if vocabulary.part_labels:
        pattern = any_of(vocabulary.part_labels)
        if totals.get_column(LABEL).str.strip_chars().str.contains(pattern).all():
            return totals.select(
                pl.col(LINE).first(), pl.col(LABEL).first(),
                *(pl.when(pl.col(m).count() > 0).then(pl.col(m).sum()).alias(m) for m in metrics),
            )  # fmt: skip
    return None


def _compare(rows: pl.DataFrame, total: pl.DataFrame, metrics: Sequence[str], sigmas: float) -> tuple[Checksum, ...]:
    sums = []
    for metric in metrics:
        values, stated = rows.get_column(metric), total.get_column(metric)[0]
        if stated is None or not values.count():
            continue
        rows_sum, allowed = round(float(values.sum()), 6), tolerance(values, sigmas)
        sums.append(Checksum(metric, rows_sum, stated, allowed, abs(rows_sum - stated) <= allowed))
    return tuple(sums)


def frame_of(checked: Checked) -> pl.DataFrame:
    """Checksums in the shape of their table (without the upload)."""
    return pl.DataFrame(
        [
            {
                "source_row": checked.line, "label": checked.label, "metric": one.metric, "rows_sum": one.rows_sum,
                "file_total": one.file_total, "tolerance": one.tolerance, "ok": one.ok,
            }
            for one in checked.sums
        ],
        schema={k: v for k, v in CHECKSUMS.schema.items() if k != "upload_id"},
    )  # fmt: skip
