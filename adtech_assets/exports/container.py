"""What a file is wrapped in: gzip, zip, a workbook, or nothing. Told by its bytes, never by its name.

Nothing is ever unpacked to disk, so that a path inside an archive leads nowhere, and nothing is unpacked beyond the
limits of the settings. Belongs here: containers. Does not: what the table inside says.
"""

from __future__ import annotations

import gzip
import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO

from adtech_assets.exports.refusal import Refusal
from adtech_assets.settings import Reader

_ZIP, _GZIP, _OLE = b"PK\x03\x04", b"\x1f\x8b", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WORKBOOK_PARTS = {"[content_types].xml", "xl/workbook.xml"}
_FOREIGN = {
    b"%PDF": "a PDF", b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture", b"GIF8": "a picture",
    b"PAR1": "a Parquet file", b"Rar!": "a RAR archive", b"7z\xbc\xaf": "a 7-Zip archive",
}  # fmt: skip
_NOT_TABLES = ("__macosx/", ".ds_store", "thumbs.db")
_SHEET = re.compile(r"^xl/worksheets/[^/]+\.xml$", re.IGNORECASE)
_CELL = re.compile(rb"""[<:]c\s[^>]{0,200}?\br=["']([A-Za-z]{1,7})(\d{1,9})["']""")
_CHUNK = 1 << 20
_WRAPPINGS = 3


@dataclass(frozen=True)
class Contents:
    """The innermost bytes of a file, and whether they are a workbook (else text)."""

    data: bytes
    workbook: bool


def unwrap(data: bytes, limits: Reader) -> Contents:
    """Take the wrapping off. Refusal for what holds no table, more than one file, or more than the limits allow."""
    for _ in range(_WRAPPINGS):
        if data.startswith(_GZIP):
            data = _gunzip(data, limits)
        elif data.startswith(_ZIP):
            archive = _open_zip(data)
            if {name.lower() for name in archive.namelist()} >= _WORKBOOK_PARTS:
                _measure(archive, len(data), limits)
                return Contents(data, workbook=True)
            data = _only_member(archive, len(data), limits)
        elif data.startswith(_OLE):
            return Contents(data, workbook=True)
        else:
            _refuse_foreign(data)
            return Contents(data, workbook=False)
    raise Refusal("the archive holds an archive that holds an archive: unpack it and drop the table itself")


def _refuse_foreign(data: bytes) -> None:
    for mark, what in _FOREIGN.items():
        if data.startswith(mark):
            raise Refusal(f"this is {what}, not a table: export the report as CSV or Excel")
    head = data[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html", b"<table", b"<?xml")):
        raise Refusal("this is a web page, which is not supported as a table: export the report as CSV or Excel")
    if head.startswith((b"{", b"[{")) and head.rstrip().endswith((b"}", b"]", b",")):
        raise Refusal("this is JSON, not a table: export the report as CSV or Excel")


def _gunzip(data: bytes, limits: Reader) -> bytes:
    try:
        with gzip.open(io.BytesIO(data)) as file:
            return _read_limited(file, len(data), limits)
    except (OSError, EOFError, zlib.error) as error:
        raise Refusal("the gzip file is damaged or cut off: download it again") from error


def _open_zip(data: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise Refusal("the archive or workbook is damaged or cut off: download it again") from error


def _only_member(archive: zipfile.ZipFile, packed: int, limits: Reader) -> bytes:
    members = [
        info
        for info in archive.infolist()
        if not info.is_dir() and info.file_size and not any(part in info.filename.lower() for part in _NOT_TABLES)
    ]
    if not members:
        raise Refusal("the archive holds no file: export the report again")
    if len(members) > 1:
        raise Refusal(f"the archive holds several files ({len(members)}): unpack it and drop each table by itself")
    return _read_member(archive, members[0], packed, limits)


def _measure(archive: zipfile.ZipFile, packed: int, limits: Reader) -> None:
    """Refuse a workbook that would unpack beyond the limits. Sizes are counted, not believed."""
    unpacked = 0
    for info in archive.infolist():
        if info.file_size:
            part = _read_member(archive, info, packed, limits)
            unpacked += len(part)
            _refuse_too_large(unpacked, packed, limits)
            if _SHEET.search(info.filename):
                _refuse_far_cells(part, limits)


def _refuse_far_cells(sheet: bytes, limits: Reader) -> None:
    """Refuse a sheet with a cell so far out that the grid up to it would not fit into memory."""
    columns = rows = 1
    for found in _CELL.finditer(sheet):
        letters, row = found[1].upper(), int(found[2])
        column = 0
        for letter in letters:
            column = 26 * column + letter - 64
        columns, rows = max(columns, column), max(rows, row)
    if columns > limits.max_columns or columns * rows > limits.max_cells:
        raise Refusal(
            f"a sheet reaches to row {rows:,} and column {columns:,}, more than the settings reader.max_columns "
            f"({limits.max_columns:,}) and reader.max_cells ({limits.max_cells:,}) allow: delete the cells far outside "
            "the table, or export the report as CSV"
        )


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, packed: int, limits: Reader) -> bytes:
    if info.flag_bits & 0x1:
        raise Refusal("the archive has a password: unpack it and drop the table itself")
    try:
        with archive.open(info) as file:
            return _read_limited(file, packed, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise Refusal("the archive or workbook is damaged or cut off: download it again") from error


def _read_limited(file: IO[bytes] | gzip.GzipFile, packed: int, limits: Reader) -> bytes:
    parts, size = [], 0
    while chunk := file.read(_CHUNK):
        parts.append(chunk)
        size += len(chunk)
        _refuse_too_large(size, packed, limits)
    return b"".join(parts)


def _refuse_too_large(unpacked: int, packed: int, limits: Reader) -> None:
    if unpacked > limits.max_unpacked_bytes:
        raise Refusal(
            f"the content is larger than the setting reader.max_unpacked_bytes ({limits.max_unpacked_bytes:,}) allows"
        )
    if unpacked > _CHUNK and unpacked > packed * limits.max_unpack_ratio:
        raise Refusal(
            f"the content is more than {limits.max_unpack_ratio:g} times the archive (setting reader.max_unpack_ratio): "
            "this looks like a damaged or malicious file; unpack it and drop the table itself"
        )
