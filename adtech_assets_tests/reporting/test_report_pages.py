"""The page and the PDF: figures are there, nothing breaks it, nothing is fetched, the same bytes every time."""

from __future__ import annotations

import http.server
import io
import re
import threading
from collections.abc import Iterator
from typing import Any

import polars as pl
import pypdf
import pytest
from report_fixture import CAMPAIGNS, TEMPLATES, WEEK, cleaned_rows, report_content

from adtech_assets.narrative.evidence import Narrative
from adtech_assets.narrative.figures import Figures
from adtech_assets.reporting import document, page, pdf
from adtech_assets.tables import ANOMALY_SCORES, CONSERVATION, DIAGNOSES, FINDINGS, QUARANTINE, RESTATEMENTS, UPLOADS


def text_of(data: bytes) -> str:
    return "\n".join(sheet.extract_text() for sheet in pypdf.PdfReader(io.BytesIO(data)).pages)


def made(**changes: Any) -> tuple[str, bytes]:
    html = document.render_html(report_content(**changes), TEMPLATES)
    return html, pdf.html_to_pdf(html, TEMPLATES)


@pytest.fixture(scope="module")
def rich() -> tuple[str, bytes]:
    return made()


def test_the_pdf_prints_the_true_figures_of_the_week(rich: tuple[str, bytes]) -> None:
    rows = cleaned_rows().filter(pl.col("date") >= WEEK)
    figures, text = Figures("en_GB", "EUR"), text_of(rich[1])
    spend, revenue = rows["spend"].sum(), rows["revenue"].sum()
    for shown in (figures.money(spend), figures.money(revenue), figures.number(revenue / spend, 2, 2), "€487.31"):
        assert shown in text
    for name in CAMPAIGNS:
        assert name in text


def test_it_has_title_language_bookmarks_tags_and_few_pages(rich: tuple[str, bytes]) -> None:
    reader = pypdf.PdfReader(io.BytesIO(rich[1]))
    assert reader.metadata is not None
    assert "Harbour & Sons Outfitters" in str(reader.metadata.title)
    assert reader.trailer["/Root"]["/Lang"] == "en"
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert len(reader.outline) > 0
    assert 2 <= pdf.page_count(rich[1]) <= 4
    assert len(rich[1]) < 400_000


def test_the_same_content_gives_the_same_bytes(rich: tuple[str, bytes]) -> None:
    assert made() == rich


def test_the_preview_is_a_png_of_the_asked_width(rich: tuple[str, bytes]) -> None:
    png = pdf.first_page_png(rich[1], width=300)
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(png[16:20], "big") == 300


def test_every_note_in_the_text_leads_to_a_line_of_the_appendix(rich: tuple[str, bytes]) -> None:
    targets = set(re.findall(r'href="#([^"]+)"', rich[0]))
    assert targets
    assert targets <= set(re.findall(r'id="([^"]+)"', rich[0]))


def test_names_are_text_and_never_html() -> None:
    evil = "<script>alert(1)</script><img src='http://127.0.0.1:9/x'>"
    names = {evil: ("Search & <b>more</b>", 120, 3.0), "plain": ("Email", 60, 5.0)}
    html, data = made(cleaned=cleaned_rows(names), client_name=evil)
    assert "<script" not in html
    assert "<img src='http" not in html
    assert "<b>more" not in html
    assert "<script>alert(1)</script>" in re.sub(r"\s", "", text_of(data))


def test_what_was_not_found_or_is_unknown_is_left_out_not_shown_as_nothing() -> None:
    unknown = {name: pl.lit(None, pl.Float64) for name in ("clicks", "revenue")}
    html, data = made(cleaned=cleaned_rows().with_columns(**unknown), diagnoses=DIAGNOSES.empty())
    text = text_of(data)
    shown = html.split("</head>")[1].split('class="appendix"')[0]
    assert "ROAS</div>" not in shown
    assert "Revenue</th>" not in shown
    assert "CTR" not in shown
    assert "CAC" in text
    for word in ("None", "nan", "n/a", "null"):
        assert not re.search(rf"\b{word}\b", text)


@pytest.mark.parametrize(
    "names",
    [
        {"only one": ("Search", 100, 4.0)},
        {f"Campaign number {i:03d}": (f"Channel {i % 9}", 20 + i, 1 + i / 40) for i in range(200)},
        {"حملة الربيع الكبرى": ("بحث", 90, 3.0), "春の大売り出しキャンペーン": ("検索", 70, 2.0)},
        {"x" * 240: ("Search", 90, 3.0), "Very long words " * 20: ("Y" * 90, 70, 2.0)},
    ],
    ids=["one campaign", "200 campaigns", "Arabic and Japanese", "long names"],
)
def test_any_set_of_campaigns_makes_a_page(names: dict[str, tuple[str, float, float]]) -> None:
    html, data = made(cleaned=cleaned_rows(names))
    assert pdf.page_count(data) <= 6
    assert all(name in html for name in list(names)[-1:])
    if len(names) == 200:
        assert "190 more campaigns" in html


def test_no_conversions_at_all_leaves_ratios_out() -> None:
    rows = cleaned_rows().with_columns(conversions=pl.lit(0.0), revenue=pl.lit(0.0))
    html, _ = made(cleaned=rows, diagnoses=DIAGNOSES.empty())
    assert "CAC</div>" not in html


def test_an_empty_story_and_empty_tables_still_make_a_report() -> None:
    html, data = made(
        narrative=Narrative(sentences=()), findings=FINDINGS.empty(), scores=ANOMALY_SCORES.empty(),
        diagnoses=DIAGNOSES.empty(), uploads=UPLOADS.empty(), conservation=CONSERVATION.empty(), quarantine=QUARANTINE.empty(),
        restatements=RESTATEMENTS.empty(), simulated=False, revised=False, daily=report_content().daily.clear(),
    )  # fmt: skip
    assert "Nothing abnormal" in html
    assert pdf.page_count(data) >= 1


def test_figures_follow_the_clients_locale() -> None:
    content = report_content(locale="de_DE")
    assert re.fullmatch(r"\d\.\d{3}\s€", page.build_page(content).tiles[0].kpi.value)


def test_parts_of_a_change_add_up_to_it() -> None:
    content = report_content()
    causes = page.build_page(content).causes
    assert causes is not None
    amounts = [
        float(sign.replace("\N{MINUS SIGN}", "-") + number.replace(",", ""))
        for sign, number in re.findall(r"([+\N{MINUS SIGN}])€([\d,.]+\d)", causes.chart.alt)
    ]
    assert sum(amounts[:-1]) == pytest.approx(amounts[-1], abs=0.05)


def test_a_wrong_brand_colour_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="#rrggbb"):
        report_content(brand_color="red;} body{display:none")


@pytest.mark.parametrize("color", ["#ffffff", "#ffe600", "#000000", "#1f4e79"])
def test_every_brand_colour_stays_readable(color: str) -> None:
    assert document._contrast(color, document.text_on(color)) >= document.READABLE
    assert document._contrast(document.readable_on_white(color), "#ffffff") >= document.READABLE


class _Recorder(http.server.BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        type(self).asked.append(self.path)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def recorder() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    handler = type("Recorder", (_Recorder,), {"asked": asked})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()


def test_nothing_outside_the_templates_is_read(recorder: tuple[str, list[str]], tmp_path: Any) -> None:
    address, asked = recorder
    secret = tmp_path / "secret.css"
    secret.write_text("body::before { content: 'LEAKED' }")
    tags = f'<img src="{address}/a.png" alt="a"><link rel="stylesheet" href="{address}/b.css">'
    outside = (
        f'<link rel="stylesheet" href="{secret.as_uri()}"><link rel="stylesheet" href="../../../../../../etc/passwd">'
    )
    data = pdf.html_to_pdf(
        f"<html lang=en><head><title>t</title>{outside}</head><body>{tags}<p>hi</p></body>", TEMPLATES
    )
    made(client_name=f"{address}/named", cleaned=cleaned_rows({f'"><img src={address}/x>': ("Search", 100, 4.0)}))
    assert asked == []
    assert "LEAKED" not in text_of(data)
