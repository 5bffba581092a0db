"""Header cells: their normal form, and the currency that many of them carry.

Belongs here: comparing two headers. Does not: what a header means (`vocabulary`).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from adtech_assets.exports.currencies import code_of

_SPACE = re.compile(r"[\s_]+|(?<=[a-z])\.(?=[a-z])")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_TRAILING = re.compile(
    r"^(?P<core>.*\S)(?:\s*[(\[（]\s*(?P<in>[^()\[\]（）]{1,5})\s*[)\]）]|,\s*(?P<after>[^\s,]{1,4})|\s(?P<last>[A-Z]{3}))\s*$"
)
_ACCENTS = re.compile("[\u0300-\u036f]")


@lru_cache(maxsize=65_536)
def fold(header: str) -> str:
    """A header without the differences that carry no meaning: width, case, accents, white space, _ and CamelCase."""
    text = unicodedata.normalize("NFKC", header.strip().strip("\ufeff\u200b\u200e\u200f"))
    text = _CAMEL.sub(" ", text).casefold()
    text = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", text)))
    return _SPACE.sub(" ", text).strip()


@lru_cache(maxsize=65_536)
def split_currency(header: str) -> tuple[str, str | None]:
    """`Amount spent (GBP)` -> (`Amount spent`, `GBP`); the header itself and None where it names no currency.

    Codes count in capitals only: `Clicks (all)` is not in Albanian lek.
    """
    found = _TRAILING.match(header.strip())
    if found is None:
        return header, None
    named = found["in"] or found["after"] or found["last"]
    code = None if named.isalpha() and named.islower() and named.isascii() else code_of(named)
    return (found["core"], code) if code else (header, None)
