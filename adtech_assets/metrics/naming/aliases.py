"""A client's own word on names, `inbox/<client>/aliases.yaml`: which are one, and which never are.

    campaign:
      same:              # these are one campaign; the first is the name used (also to say a rename)
        - [Tea KettleMax Launch, "Tea Kett-eMax Launch"]
      apart:             # these are never one, however alike
        - [Brand, Brand 2]

Likewise `channel`, `country` and `device`. What is written here wins over everything the product finds by itself.
Belongs here: reading, validating and proposing that file. Does not: finding names that are alike (`names`).
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Literal

import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from adtech_assets.exports.refusal import not_valid
from adtech_assets.metrics.naming.spelling import normal

ALIASES_FILE = "aliases.yaml"
Dimension = Literal["campaign", "channel", "country", "device"]
Name = Annotated[str, StringConstraints(min_length=1)]
Names = Annotated[tuple[Name, ...], Field(min_length=2)]


class DimensionAliases(BaseModel):
    """What is said of the names of one dimension. A name stands for all its spellings of equal normal form."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    same: tuple[Names, ...] = ()
    apart: tuple[Names, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> DimensionAliases:
        group_of: dict[str, int] = {}
        for place, group in enumerate(self.same):
            for name in group:
                if group_of.setdefault(normal(name), place) != place:
                    raise ValueError(f"{name!r} stands in two lists of `same`; write one list of all that are one")
        for group in self.apart:
            for one, other in combinations(dict.fromkeys(group), 2):
                first, second = group_of.get(normal(one)), group_of.get(normal(other))
                if first is not None and first == second:
                    raise ValueError(f"{one!r} and {other!r} stand in one list of `same` and in one of `apart`")
        return self

    @cached_property
    def named(self) -> dict[str, str]:
        """A spelling, exact or in normal form -> the name used."""
        exact = {name: group[0] for group in self.same for name in group}
        return {normal(name): used for name, used in exact.items()} | exact

    @cached_property
    def parted(self) -> frozenset[tuple[str, str]]:
        """Ordered pairs of spellings that are never one: exact where only the spelling tells them apart."""
        pairs = set()
        for group in self.apart:
            for one, other in combinations(group, 2):
                a, b = normal(one), normal(other)
                pairs |= {(a, b), (b, a)} if a != b else {(one, other), (other, one)}
        return frozenset(pairs)


class Aliases(BaseModel):
    """The whole file. Every key may be left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    campaign: DimensionAliases = DimensionAliases()
    channel: DimensionAliases = DimensionAliases()
    country: DimensionAliases = DimensionAliases()
    device: DimensionAliases = DimensionAliases()

    def of(self, dimension: Dimension) -> DimensionAliases:
        """What is said of the names of one dimension."""
        found: DimensionAliases = getattr(self, dimension)
        return found

    def name_for(self, dimension: Dimension, spelling: str) -> str | None:
        """The name the user wants for a spelling; None where nothing is said of it."""
        named = self.of(dimension).named
        return named.get(spelling) or named.get(normal(spelling)) if named else None

    def apart(self, dimension: Dimension, one: str, other: str) -> bool:
        """Whether the user says that two spellings are never one."""
        parted = self.of(dimension).parted
        return bool(parted) and ((one, other) in parted or (normal(one), normal(other)) in parted)

    def spellings(self, dimension: Dimension, name: str) -> tuple[str, ...]:
        """What the user lists as spellings of a name, the name among them; none where nothing is said of it."""
        return next((group for group in self.of(dimension).same if group[0] == name), ())

    @property
    def digest(self) -> str:
        """Changes when a name may come out differently."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]


NO_ALIASES = Aliases()


class _PlainLoader(yaml.BaseLoader):
    """Every scalar is text: `NO` is Norway, `2025` a name. A key given twice is an error, not the last one's win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for key, following in zip(sorted(keys), sorted(keys)[1:], strict=False):
            if key == following:
                raise yaml.YAMLError(f"the key {key!r} stands there twice; write its lists under one")
        return super().construct_mapping(node, deep)


def read_aliases(folder: Path) -> Aliases:
    """The aliases of a client's folder; none where there is no such file. Refusal where it is not valid."""
    path = folder / ALIASES_FILE
    if path.is_symlink() or not path.is_file():
        return NO_ALIASES
    return read_aliases_file(path)


def read_aliases_file(path: Path) -> Aliases:
    """The aliases in a file. Refusal naming file, key and what to do where it is not valid."""
    try:
        parsed = yaml.load(path.read_text("utf-8-sig"), Loader=_PlainLoader)  # noqa: S506 - makes nothing but text
        return Aliases.model_validate(_without_blanks(parsed))
    except (ValidationError, yaml.YAMLError, UnicodeDecodeError, OSError, RecursionError) as error:
        raise not_valid(path, error) from None


def _without_blanks(parsed: Any) -> Any:
    """A key with nothing (or only comments) below it says nothing."""
    if isinstance(parsed, dict):
        return {key: _without_blanks(value) for key, value in parsed.items() if value != ""}
    return {} if parsed in (None, "") else parsed


_HEAD = """\
# Names that are one, and names that never are. Save this file as aliases.yaml beside the exports and correct it:
# what stands here wins. In a list of `same` the first is the name used. A line with a # before it counts for nothing.
"""


def suggested_yaml(names: pl.DataFrame) -> str:
    """An aliases.yaml to save and correct: what was resolved beyond the same letters, and, as comments, what is only
    suggested. `names`: table names. Valid as it stands, and then changes nothing."""
    lines = [_HEAD]
    for dimension in Aliases.model_fields:
        found = names.filter(dimension=dimension)
        merged = found.filter(
            pl.col("how").is_in(["similar", "same id", "alias"]) & (pl.col("spelling") != pl.col("name"))
        )
        suggested = found.filter(how="suggested")
        if merged.is_empty() and suggested.is_empty():
            continue
        lines.append(f"{dimension}:\n  same:")
        for name, spellings in merged.sort("name", "spelling").group_by("name", maintain_order=True):
            lines += [f"    - - {_quoted(str(name[0]))}"]
            lines += [f"      - {_quoted(spelling)}" for spelling in spellings["spelling"]]
        if suggested.height:
            lines.append(
                "    # Alike, and not resolved: take the # away where they are one, or move the line to `apart`."
            )
        for row in suggested.sort("candidate", "spelling").iter_rows(named=True):
            lines.append(f"    # - [{_quoted(row['candidate'])}, {_quoted(row['spelling'])}]")
        lines.append("  apart:\n")
    return "\n".join(lines)


def _quoted(name: str) -> str:
    """A name as YAML text on one line, whatever stands in it."""
    text: str = yaml.safe_dump(name, default_style='"', allow_unicode=True, width=float("inf"))
    return text.strip()
