"""A refusal is the same at every reading, names the first cell, and its remedy works as it is written."""

import re
from pathlib import Path

import pytest

from adtech_assets.exports.mapping import MAPPING_FILE, FileMapping, read_mapping
from adtech_assets.exports.reader import read_export
from adtech_assets.exports.refusal import Refusal, into_mapping
from adtech_assets.exports.vocabulary import vocabularies

ADS = "date,channel,campaign,spend,impressions,clicks,conversions,revenue\n"
AMBIGUOUS = {
    "date": ADS + "".join(f"0{1 + n % 9}/0{1 + n % 8}/2025,Email,A,1.50,10,1,1,9.50\n" for n in range(1, 60)),
    "period above": "Report\n01/02/2025 - 03/04/2025\n" + ADS.replace("date,", "") + "Email,A,1.50,10,1,1,9.50\n",
    "number": ADS + "".join(f"2025-09-{n:02d},Email,A,1.{n}0,10,1,1,9\n" for n in range(10, 28)),
    "two ways": ADS.replace(",", ";") + "2025-09-01;Email;A;1,50;10;1;1;9\n2025-09-02;Email;A;2.50;10;1;1;9\n",
    "near miss": ADS.replace("spend", "spennd").replace("clicks", "clickz") + "2025-09-01,Email,A,1.50,10,1,1,9.50\n",
}  # fmt: skip


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_the_same_bytes_give_the_same_reason(name: str) -> None:
    reasons = {read_export(AMBIGUOUS[name].encode()).facts["reason"] for _ in range(20)}
    assert len(reasons) == 1 and None not in reasons


def test_the_first_cell_that_is_ambiguous_is_named() -> None:
    assert "'09/01/2025' (column 'date', line 9) may be" in read_export(AMBIGUOUS["date"].encode()).facts["reason"]
    assert "'1.100' (column 'spend', line 2)" in read_export(AMBIGUOUS["number"].encode()).facts["reason"]


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_a_remedy_followed_word_by_word_makes_the_file_readable(name: str, tmp_path: Path) -> None:
    reason = read_export(AMBIGUOUS[name].encode()).facts["reason"]
    found = re.search(r"write `(exports: .+?)`(?: \(or (.+?)\))? into mapping\.yaml", reason)
    assert found is not None, reason
    others = [found[2]] if found[2] else []
    texts = [found[1], *(re.sub(r": [^:]+\}\]$", f": {other}}}]", found[1]) for other in others)]
    assert len(texts) == (1 if name == "near miss" else 2)
    for text in texts:
        (tmp_path / MAPPING_FILE).write_text(text, "utf-8")
        own = read_mapping(tmp_path).of("any.csv")
        assert own is not None
        export = read_export(AMBIGUOUS[name].encode(), None, own)
        assert export.facts["status"] == "ok", (text, export.facts["reason"])


def test_a_platform_that_is_unknown_is_told_with_those_that_are_known(tmp_path: Path) -> None:
    reason = read_export(AMBIGUOUS["number"].encode(), None, FileMapping(platform="nope")).facts["reason"]
    assert all(v.platform in reason for v in vocabularies(None))
    dump = b"start_time,campaign_name,impressions,swipes,spend\n2025-09-01,A,10,1,2.50\n"
    reason = read_export(dump).facts["reason"]
    found = re.search(r"`(exports: .+?)`", reason)
    assert found is not None, reason
    (tmp_path / MAPPING_FILE).write_text(found[1])
    assert read_export(dump, None, read_mapping(tmp_path).of("x.csv")).facts["status"] == "ok"


def test_a_header_stands_in_the_remedy_as_text_whatever_is_in_it(tmp_path: Path) -> None:
    header = 'a "b": {c}, [d] #'
    said = into_mapping("columns", {header: "spend"})
    (tmp_path / MAPPING_FILE).write_text(said.removeprefix("write `").removesuffix("` into mapping.yaml"))
    own = read_mapping(tmp_path).of("x.csv")
    assert own is not None and own.columns == {header: "spend"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"exports: {a: 1}", "at exports: a list is expected here"),
        (b"exports: [{colums: {}}]", "at exports.0.colums: this key is not known here"),
        (b"exports: [{currency: euro}]", "three capital letters"),
        (b"exports: [{date_order: ymd}]", "expected here is 'dmy' or 'mdy'"),
        (b"exports: [{columns: {A: money}}]", "at exports.0.columns.A: expected here is 'date'"),
        (b"- 1", "at the top: keys with values"),
        (b"exports: {", "line 1 is no valid YAML"),
        (b"[" * 5000, "nested too deeply"),
        (b"exports: [{currency: 2025-13-45}]", "month must be in"),
        ("exports: []".encode("utf-16"), "save it as UTF-8"),
        ("exports: []".encode("utf-16-le"), "save it as UTF-8"),
        ("exports: [{platform: grün}]".encode("latin-1"), "save it as UTF-8"),
    ],
)
def test_a_mapping_that_is_not_valid_is_told_in_plain_words_only(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / MAPPING_FILE).write_bytes(content)
    with pytest.raises(Refusal, match=r"mapping\.yaml .*What to do") as caught:
        read_mapping(tmp_path)
    assert said in str(caught.value) and "tuple" not in str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_cells_beyond_the_header_are_kept_with_the_row_set_aside() -> None:
    text = "campaign,date,spend,clicks\nA,2025-09-01,1,234.50,7,,x\nA,2025-09-02,1.00,7\nB,2025-09-02,1.00,7,,\n"
    rows = read_export(text.encode()).rows
    assert rows["text"].to_list() == [
        '{"campaign":"A","date":"2025-09-01","spend":"1","clicks":"234.50","(column 5)":"7","(column 7)":"x"}',
        None,
        None,
    ]
