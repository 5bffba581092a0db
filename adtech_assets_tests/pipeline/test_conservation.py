"""Whatever is wrong with files, no row and no cent of them is lost: each is kept, set aside with its reason, a copy, of
a period, or a total."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from defective_uploads import count, run, uploads

from adtech_assets.lake import Part
from adtech_assets.pipeline.proof import prove
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.settings import Settings
from adtech_assets.tables import CLEANED, QUARANTINE

pytestmark = pytest.mark.steps


@pytest.mark.parametrize("seed", range(4))
def test_no_row_and_no_cent_of_defective_uploads_is_lost(tmp_path: Path, seed: int) -> None:
    counted = run(Workspace.open(Settings(home=tmp_path)), "acme", uploads(seed, 6))
    assert (counted.rows_lost, counted.spend_lost) == (0, Decimal(0))
    assert counted.untold == 0, "the ledger says what an independent count says"
    assert counted.refused == 0 and counted.kept > 0 and counted.quarantined > 0


def test_the_count_notices_a_row_that_is_gone(tmp_path: Path) -> None:
    workspace, files = Workspace.open(Settings(home=tmp_path)), uploads(1, 3)
    assert run(workspace, "acme", files).rows_lost == 0
    stored = workspace.lake.read(QUARANTINE, Part("acme")).sort("spend", descending=True, nulls_last=True)
    workspace.lake.write(QUARANTINE, Part("acme"), stored[1:])
    counted = count(workspace, "acme", files)
    assert (counted.rows_lost, counted.spend_lost, counted.untold) == (1, Decimal(repr(stored["spend"][0])), 1)


@pytest.mark.parametrize("seed", range(4, 6))
def test_every_figure_of_defective_uploads_is_proved_by_its_rows(tmp_path: Path, seed: int) -> None:
    workspace = Workspace.open(Settings(home=tmp_path))
    run(workspace, "acme", uploads(seed, 6))
    weeks = workspace.lake.read(CLEANED, Part("acme"))["date"].dt.truncate("1w").unique().sort()
    assert len(weeks) > 2
    for monday in weeks:
        for metric in ("spend", "clicks", "roas"):
            proof = prove(workspace, "acme", metric, monday, monday + dt.timedelta(days=6))
            assert proof.holds and proof.answer.rows.height > 0
