"""Currency signs and codes as files write them (data: `vocabulary/currencies.yaml`).

Belongs here: sign -> ISO 4217 code, and the pattern that finds signs in cells. Does not: amounts.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict


class _Signs(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    signs: dict[str, str | None]
    """Sign -> code; None where several currencies use it."""
    dollars: frozenset[str]
    """Currencies whose amounts may carry a bare `$`."""


@cache
def _data() -> _Signs:
    text = files(f"{__package__}.vocabulary").joinpath("currencies.yaml").read_text("utf-8")
    return _Signs.model_validate(yaml.safe_load(text))


@cache
def _signs() -> dict[str, str | None]:
    return {sign.casefold(): code for sign, code in _data().signs.items()}


def dollars() -> frozenset[str]:
    """Currencies whose amounts may carry a bare `$`."""
    return _data().dollars


@cache
def iso_codes() -> frozenset[str]:
    """All ISO 4217 codes that are or were money somewhere."""
    from babel.numbers import list_currencies

    return frozenset(list_currencies())


def code_of(text: str) -> str | None:
    """The currency that a sign or code names; None for anything else and for signs of several currencies."""
    bare = text.strip()
    is_code = len(bare) == 3 and bare.isascii() and (bare.isupper() or bare.islower())
    if is_code and bare.upper() in iso_codes():
        return bare.upper()
    return _signs().get(bare.casefold())


def is_sign(text: str) -> bool:
    """Whether a text is a currency sign or code, also one that several currencies use."""
    return text.strip().casefold() in _signs() or code_of(text) is not None


@cache
def sign_pattern() -> str:
    """A pattern (Rust and Python) for any sign or code, longest first; case-insensitive."""
    texts = sorted({*_signs(), *(code.casefold() for code in iso_codes())}, key=lambda s: (-len(s), s))
    return "(?:" + "|".join(re.escape(text) for text in texts) + ")"


@cache
def has_cents(code: str) -> bool:
    """Whether amounts of a currency have decimals (the yen has none)."""
    from babel.numbers import get_currency_precision

    return bool(get_currency_precision(code) > 0)
