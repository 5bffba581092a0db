"""Countries in any spelling, as ISO 3166-1 alpha-2 codes; and other words for channels and devices.

Belongs here: words that mean one thing the world over. Does not: names a client made up (`names`, `aliases`).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import yaml

from adtech_assets.metrics.naming.spelling import normal

_ACCENTS = re.compile("[\u0300-\u036f]")
_NO_TERRITORIES = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"})
"""Two-letter codes of CLDR that ISO 3166-1 does not give to a country."""


@cache
def _known() -> dict[str, Any]:
    text = files(__package__).joinpath("known_names.yaml").read_text("utf-8")
    parsed: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # noqa: S506 - text only
    return parsed


@cache
def _words(dimension: str) -> dict[str, str]:
    """Normal form -> the one name, of channels or devices."""
    return {normal(word): name for name, listed in _known()[dimension].items() for word in listed}


def known_name(dimension: str, spelling: str) -> str | None:
    """The one name of a country (its code), a channel or a device; None where the word is not known."""
    if dimension == "country":
        return country_code(spelling)
    return _words(dimension).get(normal(spelling)) if dimension in ("channel", "device") else None


def _fold(name: str) -> str:
    text = unicodedata.normalize("NFD", normal(name))
    return unicodedata.normalize("NFC", _ACCENTS.sub("", text)).replace(".", "").removeprefix("the ").strip()


@lru_cache(maxsize=65_536)
def country_code(spelling: str) -> str | None:
    """ISO 3166-1 alpha-2 of a country's code (two or three letters) or name in any of many languages, else None."""
    word = _fold(spelling)
    if not word or word in {_fold(other) for other in _known()["no_country"]}:
        return None
    return _codes().get(word) or _territories().get(word)


@cache
def _codes() -> dict[str, str]:
    """Folded alpha-2, alpha-3 and words of our own list -> alpha-2."""
    from babel import Locale
    from babel.core import get_global

    known = {c for c in Locale("en").territories if len(c) == 2 and c.isalpha() and c not in _NO_TERRITORIES}
    found = {code.casefold(): code for code in known}
    for other, codes in get_global("territory_aliases").items():
        if len(other) == 3 and other.isalpha() and len(codes) == 1 and codes[0] in known:
            found[other.casefold()] = codes[0]
    return found | {_fold(word): code for code, words in _known()["country"].items() for word in words}


@cache
def _territories() -> dict[str, str]:
    """Folded names of countries in the languages listed -> alpha-2; the first language to use a word has it."""
    from babel import Locale

    found: dict[str, str] = {}
    known = set(_codes().values())
    for language in _known()["languages"]:
        for code, name in Locale.parse(language).territories.items():
            if code in known:
                found.setdefault(_fold(name), code)
    return found
