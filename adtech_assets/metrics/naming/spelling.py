"""A name as letters: its normal form, and its words. Two names of equal normal form are spellings of one name.

What carries no meaning: case, white space, '_', '-' and every other dash, full-width and other compatibility forms,
invisible characters, curly against straight quotes. Everything else does.

Belongs here: single names, as text. Does not: comparing two that are not equal (`slips`), or what rows say (`series`).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import polars as pl

_CACHED_NAMES = 65_536
_INVISIBLE = (  # zero-width characters, direction marks, soft hyphens, selectors of a glyph's variant
    "\u00ad\u180e\u2060\u2061\u2062\u2063\u2064\ufeff",
    *map(chr, (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x2070), *range(0xFE00, 0xFE10))),
)
_MARKS = str.maketrans(
    dict.fromkeys("‘’‚‛′´`ʼ", "'")
    | dict.fromkeys("“”„‟″«»", '"')
    | dict.fromkeys("‐‑‒–—―⁃−﹘﹣－", "-")
    | dict.fromkeys("".join(_INVISIBLE), "")
)
_GAPS = re.compile(r"[\s_-]+")
_PARTING = re.compile(r"[\s|/\\:;,.·•()\[\]{}\"~]+")
_CONNECTIVES = frozenset({"&", "and", "und", "et", "och"})
_DIGITS = re.compile(r"\d+")
_SIGN = re.compile(r"[^\w\s]|_")


@lru_cache(maxsize=_CACHED_NAMES)
def normal(name: str) -> str:
    """A name without the differences that carry no meaning; the name itself if nothing else is left of it."""
    text = name
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_MARKS)).translate(_MARKS)
        text = unicodedata.normalize("NFKC", text.casefold()).translate(_MARKS)
    return _GAPS.sub(" ", text.casefold()).strip() or name


def normal_form(name: pl.Expr) -> pl.Expr:
    """`normal` of a column of names; each distinct name is looked at once."""
    return name.map_batches(_normal_forms, return_dtype=pl.String)


def _normal_forms(names: pl.Series) -> pl.Series:
    distinct = names.drop_nulls().unique()
    return names.replace_strict(distinct, [normal(n) for n in distinct.to_list()], default=None, return_dtype=pl.String)


@lru_cache(maxsize=_CACHED_NAMES)
def words(normal_name: str) -> tuple[str, ...]:
    """The words of a normal form: parted by white space, bars, brackets, commas, points; `&` and `and` are no words.

    Signs that may carry meaning (`+`, `%`, `#`, `<`, currency signs) stay in their words. A name of nothing but
    connectives and separators is its own single word.
    """
    parted = _PARTING.sub(" ", normal_name.replace("'", "").replace("&", " & ")).split()
    return tuple(word for word in parted if word not in _CONNECTIVES) or (normal_name,)


def digits(text: str) -> tuple[str, ...]:
    """The runs of digits, in order: names that differ here are never one."""
    return tuple(_DIGITS.findall(text))


def signs(text: str) -> str:
    """Everything that is neither letter, digit nor white space, in order."""
    return "".join(_SIGN.findall(text))
