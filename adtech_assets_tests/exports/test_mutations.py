"""Damaged files never raise, never answer with a traceback, and what is only wrapped otherwise says the same numbers."""

import gzip
import io
import os
import re
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adtech_assets.exports.inspection import sentence
from adtech_assets.exports.reader import Export, read_export
from adtech_assets.settings import Reader

EXAMPLES = int(os.environ.get("ADTECH_FUZZ_EXAMPLES", "80"))
FILES = {path.name: path.read_bytes() for path in sorted((Path(__file__).parent / "files").iterdir())}
WORKBOOKS = [name for name, data in FILES.items() if data.startswith(b"PK") and b"xl/workbook.xml" in data]
WRAPPED = {name for name, data in FILES.items() if data.startswith((b"PK", b"\x1f\x8b"))}
_EXCEPTION = re.compile(
    r"Traceback|\b\w+Error\b|\b\w*Exception\b|object at 0x|panicked|<class|\bstr\(|unwrap\(\)|NoneType"
)
_LIMITS = Reader(max_unpacked_bytes=20_000_000)


def check_answer(export: Export) -> None:
    """Whatever came in: a status, a sentence where there is no reading, and figures that fit the rows."""
    facts = export.facts
    assert facts["status"] in {"ok", "empty", "refused"}
    said = [facts.get("reason") or "", facts.get("notes") or "", sentence(export, Reader())]
    assert not any(_EXCEPTION.search(text) for text in said), said
    if facts["status"] != "ok":
        assert len(facts["reason"]) > 10 or facts["status"] == "empty"
        assert export.rows.is_empty() and export.checksums.is_empty()
        assert all(total is None for total in export.totals.values())
        return
    rows = export.rows
    assert facts["rows_read"] == rows.height + facts["rows_total"]
    assert facts["rows_typed"] + facts["rows_problem"] == rows.height > 0
    assert rows["source_row"].is_unique().all() and rows["source_row"].is_sorted()
    assert rows["source_row"][0] > facts["header_row"]
    for metric, total in export.totals.items():
        if total is not None:
            assert total == pytest.approx(rows[metric].sum(), rel=1e-9, abs=1e-6)
    assert (rows["date"] <= rows["last_day"]).fill_null(True).all()


def _answer(data: bytes) -> Export:
    return read_export(data, _LIMITS)


# --- damage ------------------------------------------------------------------------------------------------------


def _lines(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True) or [b""]


def _recoded(data: bytes, at: int, noise: bytes) -> bytes:
    """Read with one encoding and written with another, right or wrong."""
    codecs = ("utf-8", "utf-16", "cp1252", "utf-16-be", "cp932", "utf-8-sig")
    was, becomes = codecs[at % 6], codecs[(at // 6) % 6]
    return data.decode(was, "replace").encode(becomes, "replace")


DAMAGES: dict[str, Callable[[bytes, int, bytes], bytes]] = {
    "cut": lambda data, at, noise: data[:at],
    "behead": lambda data, at, noise: data[at:],
    "flip": lambda data, at, noise: data[:at] + bytes(b ^ 0x55 for b in data[at : at + 1]) + data[at + 1 :],
    "overwrite": lambda data, at, noise: data[:at] + noise + data[at + len(noise) :],
    "insert": lambda data, at, noise: data[:at] + noise + data[at:],
    "repeat": lambda data, at, noise: data[:at] + data[at // 2 : at] + data[at:],
    "drop": lambda data, at, noise: data[: at // 2] + data[at:],
    "line twice": lambda data, at, noise: b"".join(
        line * (1 + (i == at % len(_lines(data)))) for i, line in enumerate(_lines(data))
    ),
    "line gone": lambda data, at, noise: b"".join(
        line for i, line in enumerate(_lines(data)) if i != at % len(_lines(data))
    ),
    "lines turned": lambda data, at, noise: b"".join(reversed(_lines(data))),
    "recode": _recoded,
    "line ends": lambda data, at, noise: data.replace(b"\n", (b"\r\n", b"\r", b"\n\n", b"\n\r", b"")[at % 5]),
    "other delimiter": lambda data, at, noise: data.replace(b",", (b";", b"\t", b"|", b"")[at % 4]),
    "quotes": lambda data, at, noise: data.replace(b'"', (b"", b"'", b'""', b'"""')[at % 4]),
    "no digits": lambda data, at, noise: data.translate(bytes.maketrans(b"0123456789", b"x" * 10)),
    "other signs": lambda data, at, noise: data.translate(bytes.maketrans(b".,", b",.")),
}
_NOISE = st.one_of(
    st.binary(max_size=8),
    st.sampled_from(
        [b'"', b"\x00", b"\n", b"\r", b"\xff\xfe", b",,,,", b";", b"1e999", b"NaN", b"inf", b"-", b"\xef\xbb\xbf", b"\xa0",
         b"99999999999999999999", b"0x1F", b"\xd9\xa3", b"1/1/1900", b"\xe2\x80\xae", b"=", b"#", b"'", b"%", b"\x1a"]
    ),
)  # fmt: skip
_CHANGES = st.lists(st.tuples(st.sampled_from(tuple(DAMAGES)), st.integers(0, 2**16), _NOISE), min_size=1, max_size=3)


@given(st.sampled_from(tuple(FILES)), _CHANGES)
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_damaged_file_is_read_or_refused_but_never_raises(name: str, changes: list[tuple[str, int, bytes]]) -> None:
    data = FILES[name]
    for how, at, noise in changes:
        data = DAMAGES[how](data, at % (len(data) + 1), noise)[:1_000_000]
    check_answer(_answer(data))


@given(st.sampled_from(WORKBOOKS), st.integers(0, 100), _CHANGES)
@settings(max_examples=max(1, EXAMPLES // 4), deadline=None)
def test_a_workbook_damaged_inside_its_archive_never_raises(
    name: str, part: int, changes: list[tuple[str, int, bytes]]
) -> None:
    parts = _parts(name)
    chosen = sorted(parts)[part % len(parts)]
    for how, at, noise in changes:
        parts[chosen] = DAMAGES[how](parts[chosen], at % (len(parts[chosen]) + 1), noise)[:1_000_000]
    check_answer(_answer(_zipped(parts)))


def _parts(name: str) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(FILES[name])) as archive:
        return {part: archive.read(part) for part in archive.namelist()}


def _zipped(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    return buffer.getvalue()


# --- what changes no number --------------------------------------------------------------------------------------


@cache
def _read(name: str) -> Export:
    return read_export(FILES[name])


def _text(name: str) -> str:
    """The fixture as text, as the reader read it."""
    data, encoding = FILES[name], str(_read(name).facts["encoding"])
    even = data[: len(data) - len(data) % 2] if encoding == "utf-16" else data
    return even.decode(encoding, "replace").removeprefix("\ufeff")


TEXTS = [name for name in FILES if name not in WRAPPED and not _read(name).refused]
COMMENTED = [name for name in TEXTS if FILES[name].startswith(b"#")]

REWRITES: dict[str, Callable[[str], bytes]] = {
    "LF": lambda text: text.replace("\r\n", "\n").encode(),
    "CRLF": lambda text: text.replace("\r\n", "\n").replace("\n", "\r\n").encode(),
    "CR": lambda text: text.replace("\r\n", "\n").replace("\n", "\r").encode(),
    "UTF-8": lambda text: text.encode(),
    "UTF-8 with a mark": lambda text: text.encode("utf-8-sig"),
    "UTF-16": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "UTF-16 big-endian": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "UTF-16 with an odd byte": lambda text: b"\xff\xfe" + text.encode("utf-16-le") + b"\n",
    "UTF-16 without a mark": lambda text: text.encode("utf-16-le"),
    "cp1252": lambda text: text.encode("cp1252") if _western(text) else text.encode(),
    "blank lines at the end": lambda text: (text.rstrip("\r\n") + "\n\n\n \n").encode(),
    "no line end at the end": lambda text: text.rstrip("\r\n").encode(),
    "gzip": lambda text: gzip.compress(text.encode(), mtime=0),
    "zip": lambda text: _zipped({"report.csv": text.encode()}),
    "zip of gzip": lambda text: _zipped({"report.csv.gz": gzip.compress(text.encode(), mtime=0)}),
    "blank line at the start": lambda text: ("\n" + text).encode(),
}


def _western(text: str) -> bool:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def check_same(before: Export, after: Export) -> None:
    """The same numbers, rows and days; or no reading at all."""
    if after.refused:
        return
    assert dict(after.totals) == pytest.approx(dict(before.totals))
    same = (
        "status",
        "rows_read",
        "rows_total",
        "rows_problem",
        "period_start",
        "period_end",
        "grain",
        "platform",
        "currency",
    )
    assert {key: after.facts.get(key) for key in same} == {key: before.facts.get(key) for key in same}
    columns = ["date", "last_day", "campaign", "spend", "impressions", "clicks", "conversions", "revenue", "problem"]
    assert after.rows.select(columns).equals(before.rows.select(columns))


@given(st.sampled_from(TEXTS), st.sampled_from(tuple(REWRITES)))
@settings(max_examples=EXAMPLES, deadline=None)
def test_another_encoding_line_end_or_wrapping_changes_no_number(name: str, how: str) -> None:
    check_same(_read(name), read_export(REWRITES[how](_text(name))))


@pytest.mark.parametrize("how", REWRITES)
def test_hardly_any_rewritten_file_is_refused(how: str) -> None:
    sample = TEXTS[::9]
    refused = [name for name in sample if read_export(REWRITES[how](_text(name))).refused]
    assert len(refused) <= len(sample) // 10, refused


# --- what the total row must notice ------------------------------------------------------------------------------


@cache
def _summed(name: str) -> tuple[int, ...]:
    """Positions of the lines that a total row sums and that are no zeros; none where no total row is equal to them."""
    read = _read(name)
    if read.checksums.is_empty() or not read.checksums["ok"].all():
        return ()
    counted = read.rows.filter(pl.any_horizontal(pl.col(list(read.checksums["metric"])) != 0))
    lines = _plain_lines(name)
    # A record over several lines is left alone.
    return tuple(row - 1 for row in counted["source_row"] if lines[row - 1].count('"') % 2 == 0)


def _plain_lines(name: str) -> list[str]:
    return _text(name).replace("\r\n", "\n").split("\n")


NAMED = [name for name in TEXTS if _summed(name) and _read(name).checksums["label"][0]]
# A hand-kept sheet's nameless row is only known as its total because it is the sum: with a row lost nothing says so.
NAMELESS = [
    name
    for name in TEXTS
    if len(_summed(name)) > 1 and name not in NAMED and not str(_read(name).facts["platform"]).startswith("generic")
]


def _without_or_twice(name: str, at: int, times: int) -> Export:
    """The fixture with one of its rows left out (times = 0) or doubled (times = 2)."""
    lines, line = _plain_lines(name), _summed(name)[at % len(_summed(name))]
    return read_export("\n".join([*lines[:line], *[lines[line]] * times, *lines[line + 1 :]]).encode())


def check_noticed(after: Export) -> None:
    assert after.refused or not after.checksums["ok"].all()


@given(st.sampled_from(NAMED), st.integers(0, 50), st.sampled_from((0, 2)))
@settings(max_examples=max(1, EXAMPLES // 4), deadline=None)
def test_a_row_lost_or_doubled_differs_from_the_total_row(name: str, at: int, times: int) -> None:
    check_noticed(_without_or_twice(name, at, times))


@given(st.sampled_from(NAMELESS), st.integers(0, 50))
@settings(max_examples=max(1, EXAMPLES // 8), deadline=None)
def test_a_row_lost_differs_from_a_total_row_without_a_name(name: str, at: int) -> None:
    check_noticed(_without_or_twice(name, at, 0))


# --- found by mutation --------------------------------------------------------------------------------------------------


def test_a_row_too_long_in_a_file_without_any_role_does_not_raise() -> None:
    check_answer(read_export(b'"Online store visitors","Sessions"\n1,2,3\n4,5\n'))


@pytest.mark.parametrize("name", ["ga4_v1_snapshot_several_tables.csv", "ga4_v3_dashboard_empty.csv"])
def test_a_blank_line_before_comments_changes_nothing(name: str) -> None:
    check_same(_read(name), read_export(REWRITES["blank line at the start"](_text(name))))


@pytest.mark.parametrize("name", ["meta_29_german_total_first_eur.csv", "meta_30_spanish_total_first_eur.csv"])
def test_a_row_doubled_differs_from_a_total_row_without_a_name(name: str) -> None:
    check_noticed(_without_or_twice(name, 0, 2))
