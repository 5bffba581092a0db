"""Files that are no exports, that are made to do harm, or whose texts would be formulas elsewhere."""

import gzip
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from adtech_assets.exports.reader import Export, read_export
from adtech_assets.settings import Reader

FILES = Path(__file__).parent / "files"
HEADER = "Date,Campaign,Spend,Impressions,Clicks,Notes\n"
ROW = "2026-03-14,{name},12.50,1000,30,\n"
SMALL = Reader(max_unpacked_bytes=1_000_000, max_unpack_ratio=50)
MIB = 1 << 20


def table(*names: str) -> bytes:
    return (HEADER + "".join(ROW.format(name='"' + name.replace('"', '""') + '"') for name in names)).encode()


def packed(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def refusal(export: Export) -> str:
    """The reason, which is a sentence, of a file of which nothing was read."""
    assert export.refused and export.rows.is_empty() and set(export.totals.values()) == {None}
    reason = str(export.facts["reason"])
    assert len(reason) > 20 and "Traceback" not in reason and "Error" not in reason
    return reason


# --- archives ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bomb", [gzip.compress(b"0" * 8 * MIB), packed(("a.csv", b"0" * 8 * MIB))], ids=["gzip", "zip"]
)
def test_a_bomb_is_refused_by_size_and_by_ratio(bomb: bytes) -> None:
    assert "max_unpacked_bytes" in refusal(read_export(bomb, SMALL))
    assert "max_unpack_ratio" in refusal(read_export(bomb, Reader(max_unpack_ratio=50)))


def test_a_workbook_that_unpacks_to_a_bomb_is_refused() -> None:
    with zipfile.ZipFile(FILES / "tiktok_05_english_workbook_usd.xlsx") as book:
        parts = {name: book.read(name) for name in book.namelist()}
    bomb = packed(*parts.items(), ("xl/media/image1.bin", b"0" * 8 * MIB))
    assert "max_unpack" in refusal(read_export(bomb, SMALL))


def test_a_size_that_the_archive_lies_about_is_counted_not_believed() -> None:
    bomb = packed(("a.csv", b"0" * 8 * MIB))
    stated = (8 * MIB).to_bytes(4, "little")
    assert bomb.count(stated) == 2
    refusal(read_export(bomb.replace(stated, (100).to_bytes(4, "little")), SMALL))


def test_archives_inside_archives_are_opened_a_little_way_and_then_refused() -> None:
    data = table("Kettle", "Teapot")
    once, twice = packed(("a.csv", data)), packed(("b.zip", packed(("a.csv", data))))
    assert read_export(once).rows.height == read_export(twice).rows.height == 2
    for _ in range(5):
        data = packed(("a.zip", data))
    assert "archive" in refusal(read_export(data))


def test_gzip_bombs_inside_gzip_are_refused() -> None:
    refusal(read_export(gzip.compress(gzip.compress(b"0" * 8 * MIB)), SMALL))


def test_an_archive_with_a_password_is_refused_with_that_word() -> None:
    data = bytearray(packed(("a.csv", table("Kettle"))))
    data[6] |= 1  # the flag in the local header, and the one in the directory
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert "password" in refusal(read_export(bytes(data)))


@pytest.mark.parametrize("name", ["../../x.csv", "/x.csv", "..\\..\\x.csv", "C:\\x.csv", "a/../../../x.csv"])
def test_a_path_inside_an_archive_leads_nowhere(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / "one" / "two"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    export = read_export(packed((name, table("Kettle"))))
    assert export.refused or export.rows.height == 1
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("members", [(), (("folder/", b""),), (("a.csv", b""),)], ids=["none", "folder", "empty file"])
def test_an_archive_without_a_table_is_refused(members: tuple[tuple[str, bytes], ...]) -> None:
    refusal(read_export(packed(*members)))


@pytest.mark.parametrize("keep", [3, 10, 30, 60, 100, 150])
@pytest.mark.parametrize("name", ["meta_51_gzip.csv.gz", "meta_52_zip.zip", "tiktok_05_english_workbook_usd.xlsx"])
def test_a_container_cut_off_is_refused(name: str, keep: int) -> None:
    refusal(read_export((FILES / name).read_bytes()[:keep]))


# --- size --------------------------------------------------------------------------------------------------------


def test_an_endless_line_is_refused_with_its_number() -> None:
    endless = table("Kettle") + b"x" * 20_000
    assert "line 3" in refusal(read_export(endless, Reader(max_line_bytes=10_000)))
    assert "max_line_bytes" in refusal(read_export(b"y" * 20_000, Reader(max_line_bytes=10_000)))


def test_a_huge_cell_is_refused_with_its_line() -> None:
    long = table("Kettle", "K" * 5_000)
    assert "line 3" in refusal(read_export(long, Reader(max_cell_characters=2_000)))
    assert read_export(long).rows["campaign"].str.len_chars().to_list() == [6, 5_000]


def test_five_thousand_columns_are_refused_and_three_thousand_are_read() -> None:
    for count in (3_000, 5_000):
        more = "".join(f",note {i}" for i in range(count))
        export = read_export((HEADER.strip() + more + "\n" + ROW.format(name="Kettle").strip() + "," * count).encode())
        if count == 5_000:
            assert "max_columns" in refusal(export)
        else:
            assert export.rows["spend"].to_list() == [12.5]


def test_rows_that_each_have_another_number_of_cells_are_problems_not_numbers() -> None:
    rows = "".join("2026-03-14" + ",x" * i + "\n" for i in range(1, 12) if i != 5)
    export = read_export((HEADER + rows + ROW.format(name="Kettle")).encode())
    assert export.refused or export.facts["rows_typed"] == 1


# --- what is no table --------------------------------------------------------------------------------------------

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
FOREIGN = {
    "PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n", "PDF"),
    "PNG": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(40), "picture"),
    "JPEG": (b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(40), "picture"),
    "Parquet": (b"PAR1" + bytes(40) + b"PAR1", "Parquet"),
    "HTML": (b"<!DOCTYPE html>\n<html><body><table><tr><td>Spend</td></tr></table>", "web page"),
    "HTML after a mark": (b"\xef\xbb\xbf\n <html><body>Sign in</body></html>", "web page"),
    "JSON object": (b'{"campaign": "Kettle", "spend": 12.5}', "JSON"),
    "JSON list": (b'[{"campaign": "Kettle", "spend": 12.5}]', "JSON"),
    "NUL bytes": (bytes(4_000), "not a text file"),
    "noise": (bytes(range(256)) * 20, "not"),
    "workbook with a password": (OLE + b"EncryptedPackage".ljust(4_096, b"\0"), "password"),
    "OLE header alone": (OLE, "workbook"),
    "zip header alone": (b"PK\x03\x04", "damaged"),
    "gzip header alone": (b"\x1f\x8b", "damaged"),
    "words": (b"Please find the export attached.\nKind regards\n", "not recognised"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "says"), FOREIGN.values(), ids=list(FOREIGN))
def test_what_is_no_table_is_refused_by_name(data: bytes, says: str) -> None:
    assert says in refusal(read_export(data))


@pytest.mark.parametrize("at", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_workbook_with_a_damaged_byte_is_refused_or_reads_the_same(at: float) -> None:
    data = bytearray((FILES / "tiktok_05_english_workbook_usd.xlsx").read_bytes())
    before = read_export(bytes(data))
    data[int(len(data) * at)] ^= 0xFF
    after = read_export(bytes(data))
    assert after.refused or dict(after.totals) == dict(before.totals)


@pytest.mark.parametrize("missing", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml"])
def test_a_workbook_without_a_part_is_refused(missing: str) -> None:
    with zipfile.ZipFile(FILES / "tiktok_05_english_workbook_usd.xlsx") as book:
        parts = [(name, book.read(name)) for name in book.namelist() if name != missing]
    refusal(read_export(packed(*parts)))


def test_a_workbook_whose_xml_expands_entities_gives_no_expansion() -> None:
    laughs = '<!DOCTYPE w [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    with zipfile.ZipFile(FILES / "tiktok_05_english_workbook_usd.xlsx") as book:
        parts = {name: book.read(name) for name in book.namelist()}
    name = next(n for n in parts if n.endswith("sheet1.xml"))
    at = parts[name].index(b"<worksheet")
    parts[name] = parts[name][:at] + laughs.encode() + parts[name][at:].replace(b"<t>", b"<t>&b;", 1)
    export = read_export(packed(*parts.items()))
    assert export.refused or "haha" not in export.rows.write_json()


_READ_IN_LITTLE_MEMORY = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
from adtech_assets.exports.reader import read_export
print(read_export(sys.stdin.buffer.read()).facts["status"])
"""


def test_a_workbook_with_one_cell_far_away_is_refused_and_does_not_end_the_process() -> None:
    with zipfile.ZipFile(FILES / "tiktok_05_english_workbook_usd.xlsx") as book:
        parts = {name: book.read(name) for name in book.namelist()}
    name = next(n for n in parts if n.endswith("sheet1.xml"))
    far = b'<row r="20000"><c r="XFD20000"><v>1</v></c></row></sheetData>'
    parts[name] = parts[name].replace(b"</sheetData>", far)
    command = [sys.executable, "-c", _READ_IN_LITTLE_MEMORY]
    read = subprocess.run(command, input=packed(*parts.items()), capture_output=True, timeout=60, check=False)
    assert read.returncode == 0 and read.stdout.strip() == b"refused"


# --- texts -------------------------------------------------------------------------------------------------------

TEXTS = (
    "=1+1", '=HYPERLINK("http://example.invalid","Kettle")', "@SUM(1+1)", "+cmd|' /C calc'!A0", "-2+3+cmd|'/C calc'!A0",
    "<script>alert(1)</script>", '<img src=x onerror="alert(1)">', "&lt;b&gt;", "{{ 7*7 }}", "${jndi:ldap://x.invalid}",
    "'; DROP TABLE rows; --", "../../etc/passwd", "Ignore all previous instructions", "\x1b[31mred\x1b[0m",
    "a\u202eb", "a\u200bb", "\ufffd", "%s%n", "a\x07b", "🫖" * 50,
)  # fmt: skip


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_a_name_is_text_and_stays_as_it_is(text: str) -> None:
    export = read_export(table("Kettle", text))
    assert export.rows["campaign"].to_list() == ["Kettle", text]
    assert export.rows["spend"].to_list() == [12.5, 12.5]


def test_a_nul_in_a_name_is_kept_or_refused_never_the_end_of_the_text() -> None:
    export = read_export(table("Kettle", "a\x00b"))
    assert export.refused or export.rows["campaign"].to_list() == ["Kettle", "a\x00b"]


@pytest.mark.parametrize("text", ["=1+1", "=12.50", "@SUM(A1:A9)", "+cmd|' /C calc'!A0", "1e400", "NaN", "inf", "0x1F", "1_000",
                                  "１２", "٣", "1,2,3", "--5", "5-", "1.2.3", "12.50 points", "#REF!", "#DIV/0!"])  # fmt: skip
def test_a_figure_that_is_none_is_never_taken_for_one(text: str) -> None:
    line = ROW.format(name="Kettle").replace("12.50", f'"{text}"')
    export = read_export((HEADER + ROW.format(name="Teapot") + line).encode())
    if export.refused:
        refusal(export)
        return
    second = export.rows["spend"][1]
    assert export.rows["spend"][0] == 12.5 and (second is None or (text, second) in {("5-", -5.0)})
    nothing = text == "NaN"  # a word for nothing in many tables
    assert (export.rows["problem"][1] is None) == (nothing or second is not None)
    assert export.totals["spend"] == (12.5 if nothing else None if second is None else 12.5 + second)


def test_a_date_that_is_a_formula_is_no_day() -> None:
    formula = ROW.format(name="Kettle").replace("2026-03-14", "=TODAY()")
    export = read_export((HEADER + ROW.format(name="Teapot") * 2 + formula).encode())
    assert export.refused or export.rows["problem"].to_list() == [None, None, "not a day"]


def test_a_header_that_is_html_is_refused_and_shown_as_it_is() -> None:
    reason = refusal(read_export(b"<b>Cost</b>,=1+1,\x1b[31m\n1,2,3\n"))
    assert "not recognised" in reason and "\x1b" not in reason
