"""The texts of an account's ads, and the rows that belong to each.

Belongs here: what counts as a message, its id, its rows. Does not: judging it (`performance`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import unicodedata

import polars as pl

from adtech_assets.insight.creatives.rules import RULES, CreativeRules
from adtech_assets.insight.creatives.vocabulary import language_of, tokens
from adtech_assets.metrics.model import ADDITIVE, SUM_DIGITS

ID_DIGITS = 10
_SENTENCE_END = re.compile(r"[.!?…]$")


def messages_of(
    cleaned: pl.DataFrame | pl.LazyFrame, since: dt.date, until: dt.date, rules: CreativeRules = RULES
) -> pl.DataFrame:
    """One row per message, cell and day: message_id, message, source, cell, date and ADDITIVE (null = unknown).

    Rows of table CLEANED that lie wholly within the days `since` to `until` and have a message: `creative_message`, else
    the name of the ad where that reads like a text (`source` says which). `cell` numbers the combinations of the
    dimensions `rules.cells`, from 0. Spellings that differ in white space or invisible characters are one message.
    """
    rows = cleaned.lazy().filter(
        pl.col("date").is_between(since, until) & (pl.col("last_day") <= until).fill_null(True)
    )
    named = ["creative_message", "ad"]
    keys = list(dict.fromkeys((*rules.cells, *named)))
    grouped = rows.group_by("date", *keys).agg(_sum(name) for name in ADDITIVE).collect()
    texts = _texts(grouped.select(named).unique(), rules)
    found = grouped.join(texts, on=named, nulls_equal=True, how="inner")
    cells = found.select(rules.cells).unique().sort(rules.cells, nulls_last=True).with_row_index("cell")
    found = found.join(cells, on=rules.cells, nulls_equal=True, how="inner")
    by = ["message_id", "message", "source", "cell", "date"]
    return found.group_by(by).agg(_sum(name) for name in ADDITIVE).sort("message_id", "cell", "date")


def plain_text(text: str, longest: int = RULES.longest_text) -> str:
    """A text on one line, in NFC, without control and format characters, cut at `longest`."""
    kept = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c) not in _UNSEEN)
    return " ".join(unicodedata.normalize("NFC", kept).split())[:longest]


def message_id(text: str) -> str:
    """The id of a text: the same in every period."""
    return "m" + hashlib.sha256(text.encode()).hexdigest()[:ID_DIGITS]


def reads_like_text(name: str, least_words: int = RULES.name_words) -> bool:
    """Whether an ad's name is a sentence people are shown, not a label: words, none joined by _, and a language."""
    if "_" in name or "|" in name or len(tokens(name)) < least_words:
        return False
    letters = sum(c.isalpha() or c.isspace() for c in name)
    return letters >= 0.8 * len(name) and (language_of(name) is not None or bool(_SENTENCE_END.search(name)))


_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def _sum(name: str) -> pl.Expr:
    number = pl.col(name).cast(pl.Float64)
    known = pl.when(number.is_finite()).then(number)
    return pl.when(known.count() > 0).then(known.sum().round(SUM_DIGITS)).alias(name)


def _texts(pairs: pl.DataFrame, rules: CreativeRules) -> pl.DataFrame:
    """creative_message, ad (as stated) -> message_id, message, source; only pairs that have a message."""
    rows = []
    for stated, ad in pairs.iter_rows():
        text, source = plain_text(stated or "", rules.longest_text), "creative_message"
        if not text:
            text, source = plain_text(ad or "", rules.longest_text), "ad"
            if not reads_like_text(text, rules.name_words):
                continue
        rows.append((stated, ad, message_id(text), text, source))
    names = ("creative_message", "ad", "message_id", "message", "source")
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    # A text that one ad states as its message and another as its name is one message.
    return frame.with_columns(pl.col("source").max().over("message_id"))
