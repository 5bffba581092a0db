"""A table is there whole or not at all; the same figures again change nothing on disk."""

import datetime as dt
from pathlib import Path

import duckdb
import polars as pl
import pytest

from adtech_assets.lake import MANIFEST, Lake, Part, write_atomic
from adtech_assets.tables import CLEANED, FINDINGS, REPORTS

PART = Part("acme")


def frame(*spends: float) -> pl.DataFrame:
    return pl.DataFrame({"date": [dt.date(2025, 1 + i, 3) for i in range(len(spends))], "spend": spends})


def on_disk(root: Path) -> dict[str, tuple[int, bytes]]:
    return {str(p.relative_to(root)): (p.stat().st_mtime_ns, p.read_bytes()) for p in root.rglob("*") if p.is_file()}


def test_writing_the_same_figures_again_touches_no_file(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.write(CLEANED, PART, frame(1.0, 2.0))
    before = on_disk(tmp_path)
    assert lake.write(CLEANED, PART, frame(1.0, 2.0)).files_written == 0
    assert on_disk(tmp_path) == before


def test_only_the_months_that_changed_are_written(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.write(CLEANED, PART, frame(1.0, 2.0, 3.0))
    assert lake.write(CLEANED, PART, frame(1.0, 9.0, 3.0)).files_written == 1
    assert lake.read(CLEANED, PART)["spend"].to_list() == [1.0, 9.0, 3.0]


def test_files_without_a_manifest_are_not_the_table(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.write(CLEANED, PART, frame(1.0))
    (lake.folder(CLEANED, PART) / "2025-02.half.parquet").write_bytes(b"PAR1 half written")
    assert lake.read(CLEANED, PART)["spend"].to_list() == [1.0]


def test_a_reader_that_holds_the_older_version_can_still_read_it(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.write(CLEANED, PART, frame(1.0))
    held = lake.scan(CLEANED, PART)
    lake.write(CLEANED, PART, frame(2.0))
    assert held.collect()["spend"].to_list() == [1.0]
    for value in (3.0, 4.0, 5.0):
        lake.write(CLEANED, PART, frame(value))
    assert len(list(lake.folder(CLEANED, PART).glob("*.parquet"))) == 1 + lake.storage.keep_versions


def test_an_interrupted_write_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "table"
    write_atomic(path, b"old")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old" and [p.name for p in tmp_path.iterdir()] == ["table"]


def test_what_was_never_written_reads_as_no_rows(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    assert lake.read(FINDINGS, PART).schema == FINDINGS.schema and not lake.exists(FINDINGS, PART)


def test_duckdb_sees_every_table_also_those_without_rows(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "it's here")
    lake.write(CLEANED, PART, frame(1.0, 2.0))
    with duckdb.connect() as connection:
        lake.views(connection, {CLEANED: [PART], FINDINGS: [PART]})
        assert connection.execute("select sum(spend) from cleaned_metrics").fetchone() == (3.0,)
        assert connection.execute("select count(*) from findings").fetchone() == (0,)


def test_weeks_in_force_are_listed(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    week = dt.date(2025, 1, 6)
    lake.write(REPORTS, Part("acme", week), REPORTS.empty())
    (lake.folder(REPORTS, Part("acme", dt.date(2025, 1, 13)))).mkdir(parents=True)
    assert lake.weeks(REPORTS, "acme") == [week]
    assert (lake.folder(REPORTS, Part("acme", week)) / MANIFEST).is_file()


@pytest.mark.parametrize("client", ["../other", "a/b", "", "A", "a|b", ".hidden"])
def test_a_name_that_could_leave_its_folder_is_no_client(tmp_path: Path, client: str) -> None:
    with pytest.raises(ValueError, match="lower-case"):
        Lake(tmp_path).folder(CLEANED, Part(client))
