"""Which spellings are one name, inside one client: the same letters first, then what the platforms' ids say, then slips of
the pen, and these only where the rows speak for it. The user's `aliases.yaml` wins over all.

Belongs here: the order of these steps and the table that tells them. Does not: renames over time (`renames`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from adtech_assets.exports.vocabulary import vocabularies
from adtech_assets.metrics.naming.aliases import NO_ALIASES, Aliases, Dimension
from adtech_assets.metrics.naming.campaign_ids import CampaignIds, campaign_ids
from adtech_assets.metrics.naming.places import known_name
from adtech_assets.metrics.naming.same_series import Merges, merge_slips
from adtech_assets.metrics.naming.slips import similarity
from adtech_assets.metrics.naming.spelling import normal, normal_form, words
from adtech_assets.settings import Names
from adtech_assets.tables import NAMES

__all__ = ["ALL_CAMPAIGNS", "ALL_CHANNELS", "RESOLVED", "channel_of_platform", "normal_form", "resolve"]

RESOLVED: tuple[Dimension, ...] = ("channel", "country", "device", "campaign")
ALL_CAMPAIGNS = "All campaigns"
"""The campaign of rows whose file has no campaign column."""
ALL_CHANNELS = "All channels"
"""The channel of rows of a hand-kept sheet without a channel column."""
_DEFAULTS = Names()

Stated = tuple[int, int]
"""The first upload that states a spelling, and the spelling's rows there."""


def channel_of_platform() -> pl.Expr:
    """The platform's name for people (`Google Ads`), which is the channel where a file names none."""
    titles = {v.platform: v.title if v.signs else ALL_CHANNELS for v in vocabularies()}
    return pl.col("platform").replace(titles)


def resolve(
    rows: pl.DataFrame, aliases: Aliases = NO_ALIASES, settings: Names = _DEFAULTS
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows with one spelling a name in channel, campaign, country and device, and table `names`.

    The name is the user's, else the known word's (`DE`, `Mobile`), else the most frequent spelling of the first upload
    (smallest `sequence`; without that column all rows are one upload) that states any, the first of the alphabet where
    equal: it stays when more files come. The result does not depend on the order of rows, and resolving again changes
    nothing.
    """
    tables = []
    for dimension in RESOLVED:
        if dimension not in rows.columns or not rows.get_column(dimension).count():
            continue
        counts = dict(rows.group_by(dimension).len().drop_nulls().iter_rows())
        named = _resolve(dimension, counts, rows, _first_stated(dimension, rows), aliases, settings)
        tables.append(_table(dimension, counts, named))
        mapping = {spelling: name for spelling, name in named.name.items() if spelling != name}
        if mapping:
            rows = rows.with_columns(pl.col(dimension).replace(mapping))
    return rows, pl.concat(tables) if tables else NAMES.empty()


@dataclass(frozen=True)
class _Named:
    """Spelling -> name, why it is not as stated, and the names alike that were left apart (name -> candidate). Filled
    step by step."""

    name: dict[str, str]
    how: dict[str, str]
    suggested: dict[str, str]


def _resolve(
    dimension: Dimension,
    counts: Mapping[str, int],
    rows: pl.DataFrame,
    first: Mapping[str, Stated],
    aliases: Aliases,
    settings: Names,
) -> _Named:
    if dimension == "campaign":
        return _campaigns(counts, rows, first, aliases, settings)
    name, how = _by_word(dimension, counts, aliases)
    _by_letters(dimension, first, name, how, aliases, CampaignIds())
    return _Named(name, how, {})


def _campaigns(
    counts: Mapping[str, int], rows: pl.DataFrame, first: Mapping[str, Stated], aliases: Aliases, settings: Names
) -> _Named:
    """Slips are told from the names as the files have them; then the user's names are given, to slips too."""
    named = _Named({spelling: spelling for spelling in counts}, dict.fromkeys(counts, "stated"), {})
    ids = campaign_ids(rows)
    _by_letters("campaign", first, named.name, named.how, aliases, ids)
    _by_id(counts, named.name, named.how, aliases, ids)
    fuzzy = settings.fuzzy and "date" in rows.columns
    if fuzzy:
        _by_series(named, first, aliases, merge_slips(rows, named.name, counts, aliases, ids, settings))
    if aliases.campaign.same:
        _by_user(named, aliases)
        if fuzzy:
            merges = merge_slips(rows, named.name, counts, aliases, ids, settings, renamed=True)
            _by_series(named, first, aliases, merges)
    return named


def _by_series(named: _Named, first: Mapping[str, Stated], aliases: Aliases, merges: Merges) -> None:
    """Slips get the other's name. Names of the same words get that of them which is stated first."""
    grouped, same_words = _groups(named.name), dict[str, list[str]]()
    for slip, given in merges.into.items():
        if words(normal(slip)) == words(normal(given)) and not aliases.name_for("campaign", given):
            same_words.setdefault(given, [given]).append(slip)
    used = {given: min(names, key=lambda g: _order(grouped[g], first, g)) for given, names in same_words.items()}
    for spelling, found in named.name.items():
        into = merges.into.get(found, found)
        name = used.get(into, into)
        if name != found:
            named.name[spelling], named.how[spelling] = name, "similar"
    named.suggested.update({rare: used.get(known, known) for rare, known in merges.suggested.items()})


def _by_user(named: _Named, aliases: Aliases) -> None:
    """The names the user wants, for what was resolved to what the user lists as well."""
    for spelling, found in named.name.items():
        if said := aliases.name_for("campaign", spelling):
            named.name[spelling], named.how[spelling] = said, "alias"
        elif wanted := aliases.name_for("campaign", found):
            named.name[spelling] = wanted
    for rare, known in named.suggested.items():
        named.suggested[rare] = aliases.name_for("campaign", known) or known


def _first_stated(dimension: Dimension, rows: pl.DataFrame) -> dict[str, Stated]:
    """Spelling -> the first upload that states it, and how many rows it has there."""
    upload = pl.col("sequence").fill_null(0) if "sequence" in rows.columns else pl.lit(0)
    counted = (
        rows.lazy()
        .select(dimension, upload.alias("upload"))
        .filter(pl.col(dimension).is_not_null())
        .group_by(dimension, "upload")
        .len()
        .group_by(dimension)
        .agg(pl.col("upload").min(), pl.col("len").sort_by("upload").first())
    )
    return {spelling: (upload, count) for spelling, upload, count in counted.collect().iter_rows()}


def _order(spellings: Iterable[str], first: Mapping[str, Stated], name: str) -> tuple[int, int, str]:
    """Sorts names: that of the earliest upload first, of one upload the most frequent there."""
    stated = [first[spelling] for spelling in spellings]
    upload = min(upload for upload, _ in stated)
    return upload, -sum(count for at, count in stated if at == upload), name


def _by_word(
    dimension: Dimension, counts: Mapping[str, int], aliases: Aliases
) -> tuple[dict[str, str], dict[str, str]]:
    """What the user says and what a word means wherever it stands."""
    name, how = dict[str, str](), dict[str, str]()
    for spelling in counts:
        known = known_name(dimension, spelling) or spelling
        wanted = aliases.name_for(dimension, spelling) or aliases.name_for(dimension, known)
        name[spelling], how[spelling] = wanted or known, "alias" if wanted else "known word"
    if not aliases.of(dimension).apart:
        return name, how
    grouped = _groups(name)
    for group in grouped.values():
        ordered = sorted(group, key=lambda s: (s != name[s], -counts[s], s))
        for place, spelling in enumerate(ordered):
            if how[spelling] != "alias" and any(aliases.apart(dimension, spelling, s) for s in ordered[:place]):
                name[spelling] = spelling
    return name, how


def _groups(name: Mapping[str, str]) -> dict[str, list[str]]:
    """Name -> its spellings."""
    found: dict[str, list[str]] = {}
    for spelling, given in name.items():
        found.setdefault(given, []).append(spelling)
    return found


def _by_letters(
    dimension: Dimension,
    first: Mapping[str, Stated],
    name: dict[str, str],
    how: dict[str, str],
    aliases: Aliases,
    ids: CampaignIds,
) -> None:
    """Names of one normal form become one, unless the user or the platforms' ids keep them apart."""
    grouped = _groups(name)
    by_letters: dict[str, list[str]] = {}
    for given in grouped:
        by_letters.setdefault(normal(given), []).append(given)
    for group in by_letters.values():
        if len(group) == 1:
            continue
        order = {g: _order(grouped[g], first, g) for g in group}
        chosen = {g: any(g != s for s in grouped[g]) or aliases.name_for(dimension, g) == g for g in group}
        clusters: list[list[str]] = []
        for given in sorted(group, key=lambda g: (not chosen[g], order[g])):
            spellings = grouped[given]
            fitting = (
                cluster
                for cluster in clusters
                if not any(aliases.apart(dimension, given, other) for other in cluster)
                and not ids.differ(spellings, [s for other in cluster for s in grouped[other]])
            )
            home = next(fitting, None)
            if home is None:
                clusters.append([given])
                continue
            home.append(given)
            for spelling in spellings:
                name[spelling] = home[0]
                how[spelling] = "same letters"


def _by_id(
    counts: Mapping[str, int], name: dict[str, str], how: dict[str, str], aliases: Aliases, ids: CampaignIds
) -> None:
    """Names that are one campaign by the platform's id get the name stated last."""
    grouped = _groups(name)
    for group in ids.renamed(grouped):
        if any(aliases.apart("campaign", a, b) for a in group for b in group if a != b):
            continue
        if any(aliases.name_for("campaign", g) for g in group):
            continue
        newest = max(
            group, key=lambda g: (max(ids.last.get(s, ()) for s in grouped[g]), sum(counts[s] for s in grouped[g]), g)
        )
        for given in group:
            for spelling in grouped[given] if given != newest else ():
                name[spelling], how[spelling] = newest, "same id"


def _table(dimension: Dimension, counts: Mapping[str, int], named: _Named) -> pl.DataFrame:
    """Table `names` of one dimension."""
    found = []
    for spelling, rows in counts.items():
        name = named.name[spelling]
        candidate = named.suggested.get(name) if spelling == name else None
        how = named.how[spelling] if spelling != name else "suggested" if candidate else "stated"
        other = candidate or (name if how == "similar" else None)
        score = similarity(words(normal(spelling)), words(normal(other))) if other else None
        found.append((dimension, spelling, name, rows, how, score, candidate))
    schema = pl.Schema({column: NAMES.schema[column] for column in NAMES.columns})
    return NAMES.conform(pl.DataFrame(found, schema=schema, orient="row")).sort("name", "spelling")
