"""What platforms call things, as data: one YAML a platform in `platforms/`, words of total rows, signs of currencies.

A new platform or language is a new or longer YAML, not code; a folder named by the setting `reader.vocabulary` adds
to what is shipped. Belongs here: the data and its validation. Does not: deciding what a file is (`recognition`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from adtech_assets.exports.header import fold
from adtech_assets.exports.refusal import Refusal

Role = Literal[
    "date", "week", "month", "first_day", "last_day",
    "account", "campaign", "campaign_id", "adset", "ad", "creative_type", "creative_message", "audience",
    "country", "location", "device", "platform_name", "channel",
    "spend", "impressions", "clicks", "conversions", "revenue", "results", "result_type",
    "currency", "order_id", "product", "sku", "reported_ctr", "reported_roas", "spend_micros", "revenue_micros",
]  # fmt: skip
Kind = Literal["ads", "shop", "web"]
DayOrder = Literal["dmy", "mdy"]


def _pattern(text: str) -> str:
    re.compile(text)
    return text


Pattern = Annotated[str, BeforeValidator(_pattern)]
# YAML reads an unquoted No or 7 as something else than the header it is.
Header = Annotated[str, BeforeValidator(str)]


class RefusedShape(BaseModel):
    """A file of the platform that is no report, told by its headers, and what to say of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    headers: tuple[Header, ...]
    reason: str


class Vocabulary(BaseModel):
    """Which headers one platform's exports use for which role. `docs/vocabulary.md` explains every key."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    platform: str
    title: str
    kind: Kind
    signs: tuple[tuple[Header, ...], ...] = ()
    lines: tuple[Pattern, ...] = ()
    refused: tuple[RefusedShape, ...] = ()
    columns: dict[Role, tuple[tuple[Header, ...], ...]] = {}
    ignored: tuple[Header, ...] = ()
    total_labels: tuple[Pattern, ...] = ()
    covering_labels: tuple[Pattern, ...] = ()
    part_labels: tuple[Pattern, ...] = ()
    date_order: dict[Header, DayOrder] = {}
    keep_unknown: bool = True
    once_per_order: bool = False
    order_totals: tuple[Header, ...] = ()
    date_is_start: bool = False

    @cached_property
    def roles(self) -> dict[str, tuple[Role, int]]:
        """Folded header -> its role and its place in the order of preference (0 = best)."""
        found: dict[str, tuple[Role, int]] = {}
        for role, tiers in self.columns.items():
            for place, header in enumerate(header for tier in tiers for header in tier):
                found.setdefault(fold(header), (role, place))
        return found

    def tier(self, role: Role, header: str) -> int | None:
        """In which tier of a role a header stands, from 0."""
        tiers = self.columns.get(role, ())
        return next((i for i, tier in enumerate(tiers) if fold(header) in map(fold, tier)), None)

    @cached_property
    def known(self) -> frozenset[str]:
        """All folded headers that this vocabulary knows, read or not."""
        return frozenset(self.roles) | {fold(header) for header in self.ignored}

    @cached_property
    def folded_signs(self) -> tuple[frozenset[str], ...]:
        return tuple(frozenset(fold(header) for header in sign) for sign in self.signs)

    @cached_property
    def folded_date_order(self) -> dict[str, DayOrder]:
        return {fold(header): order for header, order in self.date_order.items()}


class TotalWords(BaseModel):
    """How total rows call themselves in any platform, and what stands under a table without being part of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    words: tuple[Header, ...]
    prefixes: tuple[Header, ...]
    patterns: tuple[Pattern, ...] = ()
    summaries: tuple[Header, ...] = ()
    footers: tuple[Pattern, ...] = ()
    no_data: tuple[Pattern, ...] = ()


def _parsed(text: str) -> Any:
    """YAML by libyaml where it is there: ten times as fast, and the platforms' words are 4,000 lines."""
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe


def _folder() -> Any:
    return files(__package__)


@cache
def total_words() -> TotalWords:
    """The shipped words of total rows."""
    return TotalWords.model_validate(_parsed(_folder().joinpath("totals.yaml").read_text("utf-8")))


@cache
def vocabularies(added: Path | None = None) -> tuple[Vocabulary, ...]:
    """All vocabularies, shipped ones first by name, those of the folder `added` merged into them."""
    merged: dict[str, dict[str, Any]] = {}
    for where, raw in _documents(added):
        if not isinstance(raw, dict) or not isinstance(raw.get("platform"), str):
            raise Refusal(f"the vocabulary {where} names no platform: see docs/vocabulary.md")
        name = raw["platform"]
        merged[name] = _extended(merged[name], raw) if name in merged else raw
    try:
        return tuple(Vocabulary.model_validate(raw) for raw in merged.values())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise Refusal(
            f"a vocabulary in {added} is not valid at {place}: {first['msg']}; see docs/vocabulary.md"
        ) from error


def _documents(added: Path | None) -> Iterator[tuple[str, Any]]:
    shipped = [entry for entry in _folder().joinpath("platforms").iterdir() if entry.name.endswith(".yaml")]
    for entry in sorted(shipped, key=lambda e: e.name):
        yield entry.name, _parsed(entry.read_text("utf-8"))
    for path in sorted(added.glob("*.yaml")) if added else ():
        try:
            yield str(path), _parsed(path.read_text("utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
            raise Refusal(f"the vocabulary {path} cannot be read: {error}") from error


def _extended(shipped: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """A shipped vocabulary with a user's words: headers join the tier of the same place, lists are appended."""
    result = dict(shipped)
    for key, value in more.items():
        if key == "columns" and isinstance(value, dict):
            columns = dict(result.get("columns") or {})
            for role, tiers in value.items():
                columns[role] = _joined(columns.get(role) or [], tiers or [])
            result["columns"] = columns
        elif isinstance(value, list):
            result[key] = [*(result.get(key) or []), *value]
        else:
            result[key] = value
    return result


def _joined(tiers: list[list[str]], more: list[list[str]]) -> list[list[str]]:
    longest = max(len(tiers), len(more))
    return [[*(tiers[i] if i < len(tiers) else ()), *(more[i] if i < len(more) else ())] for i in range(longest)]
