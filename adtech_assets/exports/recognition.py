"""Whose export a header line is, and which column plays which role.

A platform must be proved: by a set of headers that no other platform has, or by a line above the header. Where none
is proved, a table that states advertising figures is a generic sheet, and one that states sales a generic shop table.
Headers are compared exactly (after folding); likeness only ever names near matches in a refusal, it never decides.

Belongs here: headers -> platform and roles. Does not: any cell below the header.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from adtech_assets.exports.header import fold, split_currency
from adtech_assets.exports.mapping import FileMapping
from adtech_assets.exports.refusal import Refusal, into_mapping
from adtech_assets.exports.vocabulary import Role, Vocabulary, vocabularies
from adtech_assets.settings import Reader

ADS_METRICS: tuple[Role, ...] = ("spend", "impressions", "clicks", "conversions", "revenue")
_ASKED_FOR: tuple[Role, ...] = ("spend", "impressions", "clicks")
_SHOWN, _NAMED = 40, 12
_LEAST_KNOWN = 4
GENERIC_ADS, GENERIC_RETAIL = "generic_ads", "generic_retail"


@dataclass(frozen=True)
class Recognition:
    """`headers`: the header line. `positions`: role -> column. `others`: further columns of a role, less preferred.
    `currencies`: column -> ISO code its header names. `unknown`: columns no vocabulary knows; `ignored`: known ones that
    nobody reads."""

    vocabulary: Vocabulary
    headers: tuple[str, ...]
    positions: dict[str, int]
    others: dict[str, tuple[int, ...]]
    currencies: dict[int, str]
    ignored: tuple[int, ...]
    unknown: tuple[int, ...]

    def has(self, *roles: str) -> bool:
        return any(role in self.positions for role in roles)

    def header(self, role: str) -> str:
        return self.headers[self.positions[role]]

    def columns(self, roles: Iterable[str]) -> dict[str, str]:
        """Those of the roles that the file has, each with its header."""
        return {role: self.header(role) for role in roles if role in self.positions}

    @property
    def without_role(self) -> dict[str, str]:
        """The columns that play no role, by name of their cells (their position), each with its header."""
        used = set(self.positions.values())
        return {str(i): header for i, header in enumerate(self.headers) if i not in used and header}


@dataclass(frozen=True)
class _Header:
    position: int
    text: str
    whole: str
    core: str
    currency: str | None


def _headers(texts: Sequence[str]) -> list[_Header]:
    found = []
    for position, text in enumerate(texts):
        if text.strip():
            core, currency = split_currency(text)
            found.append(_Header(position, text, fold(text), fold(core), currency))
    return found


@cache
def _all_known(added: Path | None) -> frozenset[str]:
    return frozenset().union(*(v.known for v in vocabularies(added)))


def rank(texts: Sequence[str], settings: Reader, mapping: FileMapping | None = None) -> int:
    """How many of the cells are headers that some vocabulary, or the client's mapping, knows."""
    known = _all_known(settings.vocabulary)
    own = {fold(header) for header in mapping.columns} if mapping else frozenset()
    hits = {h.core for h in _headers(texts) if {h.whole, h.core} & known or {h.whole, h.core} & own}
    return len(hits)


def recognise(
    texts: Sequence[str], lines: Sequence[str], settings: Reader, mapping: FileMapping | None = None
) -> Recognition:
    """Platform and roles of a header line under the lines `lines`. Refusal where nothing is understood."""
    headers = _headers(texts)
    known = vocabularies(settings.vocabulary)
    if mapping and mapping.platform:
        chosen = next((v for v in known if v.platform == mapping.platform), None)
        if chosen is None:
            raise Refusal(
                f"mapping.yaml names the platform {mapping.platform!r}, for which there is no vocabulary. What to do: "
                + into_mapping("platform", *sorted(v.platform for v in known))
            )
        return _assigned(chosen, texts, mapping)
    _refuse_other_shapes(known, headers)
    proved = [v for v in known if _proves(v, headers, lines)]
    if proved:
        return _assigned(_best(proved, headers), texts, mapping)
    generic = {v.platform: _assigned(v, texts, mapping) for v in known if not v.signs and not v.lines}
    if GENERIC_ADS in generic and _is_advertising(generic[GENERIC_ADS]):
        return _without_near_misses(generic[GENERIC_ADS], headers, settings)
    if GENERIC_RETAIL in generic and _is_retail(generic[GENERIC_RETAIL]):
        return generic[GENERIC_RETAIL]
    raise Refusal(_not_recognised(texts, generic, settings))


def _refuse_other_shapes(known: Sequence[Vocabulary], headers: list[_Header]) -> None:
    present = {h.whole for h in headers}
    for shape in (shape for v in known for shape in v.refused):
        if {fold(header) for header in shape.headers} <= present:
            raise Refusal(shape.reason)


def _proves(vocabulary: Vocabulary, headers: list[_Header], lines: Sequence[str]) -> bool:
    present = {h.whole for h in headers} | {h.core for h in headers}
    if any(sign <= present for sign in vocabulary.folded_signs):
        return True
    return any(re.search(pattern, line, re.IGNORECASE) for pattern in vocabulary.lines for line in lines)


def _best(proved: list[Vocabulary], headers: list[_Header]) -> Vocabulary:
    def understood(v: Vocabulary) -> int:
        return sum(h.whole in v.known or h.core in v.known for h in headers)

    ranked = sorted(proved, key=understood, reverse=True)
    if len(ranked) > 1 and understood(ranked[0]) == understood(ranked[1]):
        raise Refusal(
            f"the header may be an export of {ranked[0].title} or of {ranked[1].title}: the platform is undecidable. "
            f"What to do: {into_mapping('platform', ranked[0].platform, ranked[1].platform)}"
        )
    return ranked[0]


def _assigned(vocabulary: Vocabulary, texts: Sequence[str], mapping: FileMapping | None) -> Recognition:
    own = {fold(header): role for header, role in mapping.columns.items()} if mapping else {}
    candidates: dict[str, list[tuple[int, int]]] = {}
    ignored, unknown, currencies = [], [], {}
    for header in _headers(texts):
        if header.currency and header.whole not in vocabulary.known:
            currencies[header.position] = header.currency
        mapped = own.get(header.whole, own.get(header.core))
        if mapped == "ignore":
            ignored.append(header.position)
        elif mapped:
            candidates.setdefault(mapped, []).append((-1, header.position))
        elif found := vocabulary.roles.get(header.whole) or vocabulary.roles.get(header.core):
            candidates.setdefault(found[0], []).append((found[1], header.position))
        elif {header.whole, header.core} & vocabulary.known:
            ignored.append(header.position)
        else:
            unknown.append(header.position)
    ordered = {role: sorted(places) for role, places in candidates.items()}
    return Recognition(
        vocabulary,
        tuple(texts),
        positions={role: places[0][1] for role, places in ordered.items()},
        others={role: tuple(p for _, p in places[1:]) for role, places in ordered.items() if len(places) > 1},
        currencies=currencies,
        ignored=tuple(ignored),
        unknown=tuple(unknown),
    )


def _is_advertising(found: Recognition) -> bool:
    """Delivery or spend, and something that says advertising: cost alone beside a date may be any shop's table."""
    about = found.has("campaign", "campaign_id", "adset", "ad", "channel", "platform_name")
    delivered = found.has("impressions", "clicks")
    metrics = sum(found.has(role) for role in ADS_METRICS)
    return (found.has("spend") and (delivered or about)) or (delivered and (about or metrics > 1))


def _is_retail(found: Recognition) -> bool:
    """Sales at a time or of an order; or lines of orders, whose known columns say so though none is an amount."""
    sold = found.has("revenue") and found.has("order_id", "date", "week", "month")
    return sold or (found.has("order_id") and len(found.positions) + len(found.ignored) >= _LEAST_KNOWN)


def _without_near_misses(found: Recognition, headers: list[_Header], settings: Reader) -> Recognition:
    """A sheet that lacks a figure while an unknown column nearly has its name is a question, not a reading."""
    unknown = [h for h in headers if h.position in found.unknown]
    missing = [role for role in _ASKED_FOR if role not in found.positions]
    wanted = [(h, role) for role in missing for tier in found.vocabulary.columns.get(role, ()) for h in tier]
    near = near_matches([h.text for h in unknown], [h for h, _ in wanted], settings.near_match_score)
    if not near:
        return found
    roles = {header: str(role) for header, role in wanted}
    meant: dict[str, str] = {}
    for header, like in near:
        if roles[like] not in meant.values():
            meant[header] = roles[like]
    text = "; ".join(f"rename {a!r} to {b!r} if that is what it is" for a, b in near)
    raise Refusal(
        f"read as {found.vocabulary.title}; missing: {_list([b for _, b in near])}; unknown: {_list([a for a, _ in near])}. "
        f"What to do: {text}, or {into_mapping('columns', meant)} (`adtech inspect --suggest` proposes one)"
    )


def near_matches(unknown: Sequence[str], wanted: Sequence[str], least: float) -> list[tuple[str, str]]:
    """Pairs of an unknown header and the wanted one it is most like, from a likeness of `least` (0-100) on."""
    from rapidfuzz import fuzz, process

    near = []
    folded = [fold(header) for header in wanted]
    for header in unknown:
        found = process.extractOne(fold(split_currency(header)[0]), folded, scorer=fuzz.ratio, score_cutoff=least)
        if found is not None:
            near.append((header, wanted[found[2]]))
    return near


def _not_recognised(texts: Sequence[str], generic: dict[str, Recognition], settings: Reader) -> str:
    named = [text for text in texts if text.strip()]
    header = _list(named[:_NAMED]) + (", …" if len(named) > _NAMED else "") if named else "nothing"
    ads = generic.get(GENERIC_ADS)
    titles = ", ".join(v.title for v in vocabularies(settings.vocabulary))
    if ads and ads.has("campaign", "campaign_id", "adset", "ad") and not ads.has(*ADS_METRICS):
        return (
            f"the header ({header}) names campaigns but no metric that can be read (spend, impressions, clicks, "
            "conversions, revenue). What to do: export it with those columns, or map them: `adtech inspect --suggest`"
        )
    return (
        f"not recognised: no metric or platform is known in the header ({header}). Exports that are known: {titles}. "
        "What to do: `adtech inspect --suggest` proposes a mapping for you to confirm"
    )


def _list(names: Sequence[str]) -> str:
    return ", ".join(repr(name if len(name) <= _SHOWN else name[:_SHOWN] + "…") for name in names)


def with_role(found: Recognition, role: str, position: int) -> Recognition:
    """The same recognition, with another column for a role."""
    return replace(found, positions={**found.positions, role: position})
