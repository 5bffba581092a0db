"""Commands say what they did on stdout, what is wrong on stderr, and never print a traceback."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adtech_assets.cli import app

RUN = CliRunner()


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    file = tmp_path / "demo.csv"
    assert RUN.invoke(app, ["demo-data", "--seed", "3", "--out", str(file)]).exit_code == 0
    return file


def test_the_same_seed_writes_the_same_demo_file(tmp_path: Path, demo: Path) -> None:
    again = tmp_path / "again.csv"
    RUN.invoke(app, ["demo-data", "--seed", "3", "--out", str(again)])
    assert again.read_bytes() == demo.read_bytes()
    assert demo.read_text().splitlines()[0] == "date,channel,campaign,spend,impressions,clicks,conversions,revenue"


def test_a_file_becomes_a_report_in_the_folder_named(tmp_path: Path, demo: Path) -> None:
    arguments = ["report", str(demo), "--client", "Café Nord", "--week", "2025-03-12", "--out", str(tmp_path / "out")]
    result = RUN.invoke(app, [*arguments, "--no-checks"])
    assert result.exit_code == 0, result.output
    assert Path(result.stdout.strip()) == tmp_path / "out" / "caf-nord" / "caf-nord_week-2025-03-10_v1.pdf"
    assert Path(result.stdout.strip()).read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("week", "client", "said"),
    [
        ("12.03.2025", "acme", "write it as 2025-03-24"),
        ("2030-01-01", "acme", "no figures in the week of 2029-12-31"),
        ("2025-03-12", "???", "letters or digits"),
    ],
)
def test_what_cannot_be_reported_is_said_in_one_sentence(
    tmp_path: Path, demo: Path, week: str, client: str, said: str
) -> None:
    arguments = ["report", str(demo), "--client", client, "--week", week, "--out", str(tmp_path), "--no-checks"]
    result = RUN.invoke(app, arguments)
    assert result.exit_code == 1 and said in result.stderr and "Traceback" not in result.output


def test_a_broken_file_is_refused_with_its_reason(tmp_path: Path) -> None:
    file = tmp_path / "broken.csv"
    file.write_text("date,channel,campaign,spennd,clicks\n2025-01-01,a,b,1,2\n")
    result = RUN.invoke(app, ["report", str(file), "--client", "acme", "--out", str(tmp_path)])
    assert result.exit_code == 1 and "missing: 'Spend'" in result.stderr


def test_another_kind_of_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "picture.png"
    file.write_bytes(b"\x89PNG")
    result = RUN.invoke(app, ["report", str(file), "--client", "acme", "--out", str(tmp_path)])
    assert result.exit_code == 1 and ".csv" in result.stderr


def test_sentences_are_judged_against_an_evidence_file(tmp_path: Path) -> None:
    item = {
        "id": "e1", "kind": "change", "metric": "spend", "segment": {}, "unit": "EUR", "from": 200.0, "to": 150.0, "abs": -50.0,
        "pct": -0.25, "period": {"start": "2026-09-07", "end": "2026-09-13"},
        "baseline": {"start": "2026-08-31", "end": "2026-09-06"},
    }  # fmt: skip
    facts = {"client": "Acme", "currency": "EUR", "locale": "en-GB", "today": "2026-09-15", "items": [item]}
    (tmp_path / "evidence.json").write_text(json.dumps(facts))
    said = ["Spend fell by 25% to €150.", "Spend rose by 25% to €150.", "Spend fell by 35% to €150."]
    lines = [
        json.dumps({"id": str(i), "text": text, "lang": "en", "evidence_ids": None}) for i, text in enumerate(said)
    ]
    (tmp_path / "sentences.jsonl").write_text("\n".join(lines))
    paths = ["--evidence", str(tmp_path / "evidence.json"), "--batch", str(tmp_path / "sentences.jsonl")]
    result = RUN.invoke(app, ["guard", *paths, "--out", str(tmp_path / "out.jsonl")])
    assert result.exit_code == 0, result.output
    verdicts = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [v["ok"] for v in verdicts] == [True, False, False] and all(v["reason"] for v in verdicts[1:])
