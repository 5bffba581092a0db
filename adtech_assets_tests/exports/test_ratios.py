"""A stated ratio helps to recover a figure, or is unknown; it never costs a row, a file or a sum."""

import pytest

from adtech_assets.exports.reader import Export, read_export

HEADER = "campaign,date,spend,impressions,clicks,ctr,revenue,roas\n"


def sheet(*rows: tuple[str, str, str]) -> bytes:
    """Rows of clicks, CTR and ROAS; the other figures are the same in all."""
    lines = [f'A,2025-09-{day:02d},10.50,1000,{c},"{ctr}",21.00,"{roas}"' for day, (c, ctr, roas) in enumerate(rows, 1)]
    return (HEADER + "\n".join(lines) + "\n").encode()


def ratios(export: Export) -> list[tuple[float | None, float | None]]:
    assert (export.facts["status"], export.facts["rows_problem"]) == ("ok", 0), export.facts
    assert export.totals["spend"] == 10.5 * export.rows.height and export.facts["spend_read"] == export.totals["spend"]
    return export.rows.select("reported_ctr", "reported_roas").rows()


def test_a_ctr_whose_unit_cannot_be_proved_is_unknown_and_costs_no_row() -> None:
    lines = (f"A,2025-09-{d:02d},{d * 10}.00,1000,{10 + d},0.0{1 + d % 4}\n" for d in range(1, 29))
    export = read_export(("campaign,date,spend,impressions,clicks,ctr\n" + "".join(lines)).encode())
    assert export.facts["rows_typed"] == 28 and export.totals["spend"] == 4060 and export.totals["clicks"] == 686
    assert export.rows["reported_ctr"].null_count() == 28


@pytest.mark.parametrize(
    "text",
    [
        "campaign,date,spend,impressions,ctr\nA,2025-09-01,10.50,1000,0.02\n",
        "campaign,date,spend,clicks,ctr\nA,2025-09-01,10.50,20,0.02\n",
        "campaign,date,spend,impressions,clicks,ctr\nA,2025-09-01,10.50,1000,0,0.02\n",
        "campaign,date,spend,impressions,clicks,ctr\nA,2025-09-01,10.50,1000,20,0.08\n",
        "campaign,date,spend,impressions,clicks,ctr\nA,2025-09-01,10.50,1000,20,8%\n",
        "campaign,date,spend,impressions,clicks,ctr\nA,2025-09-01,10.50,1000,20\n",
    ],
    ids=["no clicks", "no impressions", "clicks 0", "of other clicks", "of other clicks, in percent", "cell missing"],
)
def test_a_ctr_that_proves_nothing_is_unknown(text: str) -> None:
    export = read_export(text.encode())
    assert (export.facts["status"], export.facts["rows_problem"], export.totals["spend"]) == ("ok", 0, 10.5)
    assert export.rows["reported_ctr"].to_list() == [None]


@pytest.mark.parametrize("cell", ["#DIV/0!", "#N/A", "inf", "nan", "3.30x", "?", "1.2.3"])
def test_a_ratio_cell_that_cannot_be_read_is_unknown_and_the_others_are_not(cell: str) -> None:
    found = ratios(read_export(sheet(("20", "0.02", "2.00"), ("20", cell, "2.00"), ("20", "0.02", cell))))
    assert found == [(0.02, 2.0), (None, 2.0), (0.02, None)]


def test_a_cell_with_a_percent_sign_is_its_own_hundredth() -> None:
    mixed = sheet(("20", "0.02", "2.00"), ("20", "2%", "200%"), ("", "3 %", "150 %"))
    assert ratios(read_export(mixed)) == [(0.02, 2.0), (0.02, 2.0), (0.03, 1.5)]
    assert ratios(read_export(sheet(("20", "2%", "2"), ("30", "3%", "2")))) == [(0.02, 2.0), (0.03, 2.0)]
    assert ratios(read_export(sheet(("20", "2", "2"), ("30", "3", "2"), ("", "4%", "2")))) == [
        (0.02, 2.0), (0.03, 2.0), (0.04, 2.0),
    ]  # fmt: skip
    other = sheet(("20", "2%", "2"), ("20", "2%", "2"), ("", "3", "2"))
    assert ratios(read_export(other))[-1] == (None, 2.0), "without a sign it may be 3 or 0.03"


def test_ratios_of_another_decimal_sign_than_the_figures_are_unknown() -> None:
    text = "campaign;date;spend;impressions;clicks;roas\nA;2025-09-01;10,50;1.000;0;0.013\n"
    export = read_export(text.encode())
    assert export.totals["spend"] == 10.5 and export.totals["impressions"] == 1000
    assert export.rows["reported_roas"].to_list() == [None]
    whole = read_export(text.replace("10,50", "10").replace("1.000", "1000").replace("0.013", "1.234").encode())
    assert whole.totals["spend"] == 10 and whole.rows["reported_roas"].to_list() == [None], "1.234 or 1234"


def test_ratios_decide_a_decimal_sign_that_the_figures_leave_open() -> None:
    text = "campaign;date;spend;clicks;roas\nA;2025-09-01;1.234;5;2,5\n"
    export = read_export(text.encode())
    assert export.totals["spend"] == 1234 and export.rows["reported_roas"].to_list() == [2.5]
