"""A client's own words about its files, `inbox/<client>/mapping.yaml`: what a column is where the vocabularies do not
know, and what decides where a file leaves a number, a date or a currency open.

Belongs here: reading and validating that file. Does not: proposing one (`suggestion`).
"""

from __future__ import annotations

import hashlib
from fnmatch import fnmatch
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from adtech_assets.exports.refusal import not_valid
from adtech_assets.exports.vocabulary import DayOrder, Role

MAPPING_FILE = "mapping.yaml"
SUGGESTED_FILE = "mapping.suggested.yaml"


class FileMapping(BaseModel):
    """What holds for the files whose name fits `files` (a shell pattern). Every key may be left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    files: str = "*"
    platform: str | None = None
    columns: dict[str, Role | Literal["ignore"]] = {}
    decimal: Literal[".", ","] | None = None
    date_order: DayOrder | None = None
    currency: str | None = Field(None, pattern="^[A-Z]{3}$")

    @property
    def digest(self) -> str:
        """Changes when a reading with this mapping may change."""
        return hashlib.sha256(self.model_dump_json(exclude={"files"}).encode()).hexdigest()[:12]


class ClientMapping(BaseModel):
    """The whole file: the first entry whose pattern fits a file's name is used for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    exports: tuple[FileMapping, ...] = ()

    def of(self, file_name: str) -> FileMapping | None:
        return next((entry for entry in self.exports if fnmatch(file_name.lower(), entry.files.lower())), None)


def read_mapping(folder: Path) -> ClientMapping:
    """The mapping of a client's folder; an empty one where there is none. Refusal where it is not valid."""
    path = folder / MAPPING_FILE
    if path.is_symlink() or not path.is_file():
        return ClientMapping()
    return read_mapping_file(path)


def read_mapping_file(path: Path) -> ClientMapping:
    """The mapping in a file. Refusal naming the place where it is not valid."""
    try:
        return ClientMapping.model_validate(yaml.safe_load(path.read_text("utf-8")) or {})
    except (yaml.YAMLError, ValueError, OSError, RecursionError) as error:
        raise not_valid(path, error) from None
