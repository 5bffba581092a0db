"""Words by which total rows call themselves: `Total: Campaigns`, `Gesamt`, `全2件の結果`.

Belongs here: patterns for cells, and the rows whose cells fit them. Does not: arithmetic (`sums`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import polars as pl

from adtech_assets.exports.numbers import NULLS
from adtech_assets.exports.vocabulary import Vocabulary, total_words

HIERARCHY = ("campaign", "adset", "ad")
LABEL = "__label"
SUBTOTAL = "__part"
_COLON = r"\s*[:：]"
_EVERY = (
    "all",
    "alle",
    "tous",
    "toutes",
    "todos",
    "todas",
    "tutti",
    "tutte",
    "wszystkie",
    "すべて",
    "全て",
    "全部",
    "모두",
    "(all)",
)
_BLANKS = sorted({form for null in NULLS for form in (null, null.upper(), null.capitalize())})


@cache
def _words_pattern() -> str:
    words = total_words()
    alone = "|".join(re.escape(word) for word in words.words)
    before_colon = "|".join(re.escape(word) for word in words.prefixes)
    whole = "|".join(f"(?:{pattern})" for pattern in words.patterns)
    return rf"(?i)^\s*(?:(?:{alone})\s*|(?:{before_colon}){_COLON}.*" + (f"|{whole}" if whole else "") + r")$"


@cache
def word_pattern() -> str:
    """A word for total anywhere in a cell; only with arithmetic beside it does it make a total row."""
    words = {*total_words().words, *total_words().prefixes}
    bare = sorted({re.escape(word.strip(" :")) for word in words}, key=len, reverse=True)
    return rf"(?i)(?:^|[\s*(|:–-])(?:{'|'.join(bare)}|Σ|∑)(?:[\s*)|:.–-]|$)"


@cache
def alone_pattern() -> str:
    return rf"(?i)^\s*(?:{'|'.join(re.escape(word) for word in total_words().words)})\s*$"


@cache
def _summary_pattern() -> str:
    return rf"(?i)^\s*(?:{'|'.join(re.escape(word) for word in total_words().summaries)})\s*[:：]?\s*$"


def any_of(labels: Sequence[str]) -> str:
    """A pattern for whole cells that fit one of a vocabulary's own patterns."""
    return "(?i)" + "|".join(f"^(?:{label})$" for label in labels)


def label_pattern(vocabulary: Vocabulary) -> str:
    """A pattern for cells that call their row a total, in any language and as this platform does."""
    own = "".join(f"|^(?:{label})$" for label in (*vocabulary.total_labels, *vocabulary.part_labels))
    return f"{_words_pattern()}|{_summary_pattern()}{own}"


def labels(table: pl.DataFrame, columns: Sequence[str], candidates: pl.Series, vocabulary: Vocabulary) -> pl.Series:
    """The label of every total row that says so in words, null for all other rows.

    `columns` are the text columns in which a label may stand, `candidates` the rows that may be totals at all. A row
    that names a campaign, ad set or ad beside the label is none: people search for "total: kettle set".
    """
    none = pl.Series(LABEL, [None], pl.String).new_from_index(0, table.height)
    if not columns or not candidates.any():
        return none
    pattern = label_pattern(vocabulary)
    suspects = table.with_row_index("__at").filter(candidates)
    found = suspects.select(
        "__at",
        pl.coalesce(pl.when(pl.col(c).str.contains(pattern)).then(pl.col(c)) for c in columns).alias(LABEL),
        pl.sum_horizontal(
            (~is_blank(c) & ~pl.col(c).str.contains(pattern) & ~pl.col(c).str.to_lowercase().is_in(_EVERY))
            .fill_null(False)
            .cast(pl.Int64)
            for c in HIERARCHY if c in suspects.columns
        ).alias("named") if any(c in suspects.columns for c in HIERARCHY) else pl.lit(0).alias("named"),
    ).filter(pl.col(LABEL).is_not_null())  # fmt: skip
    found = found.filter(pl.col("named") == 0)
    if found.is_empty():
        return none
    summaries = pl.when(pl.col(LABEL).str.contains(_summary_pattern())).then(pl.lit(SUBTOTAL)).otherwise(LABEL)
    return none.scatter(found["__at"].to_list(), found.select(summaries.alias(LABEL)).to_series().to_list())


def is_blank(column: str) -> pl.Expr:
    """True where a trimmed cell names nothing."""
    return pl.col(column).is_null() | pl.col(column).is_in(_BLANKS)
