"""All looks for opportunities, one after the other.

Belongs here: their order, and which of them speak against each other. Does not: any of them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from adtech_assets.insight.candidates.account import Account
from adtech_assets.insight.candidates.candidate import Candidate, Considered, Found
from adtech_assets.insight.opportunities.messages import of_messages
from adtech_assets.insight.opportunities.phases import of_launches, of_pacing, of_wear
from adtech_assets.insight.opportunities.retargeting import of_retargeting
from adtech_assets.insight.opportunities.returns import of_returns
from adtech_assets.insight.opportunities.weekdays import of_weekdays

JUDGED = ("scale_winner", "move_budget", "wasted_spend", "creative_fatigue", "efficiency_drop")
"""What is not said of a campaign that still learns."""
SAME_ROWS = 0.9
"""Share of the rows of a part that belong to a campaign that learns, from which the part learns too."""


def find_opportunities(account: Account, outlook: Mapping[str, pl.DataFrame]) -> Found:
    """All opportunities of the account. outlook: tables "lifecycle" and "pacing", where there are any."""
    launches, log = of_launches(account)
    candidates = list(launches)
    for found, considered in (
        of_messages(account),
        of_returns(account),
        of_weekdays(account),
        of_retargeting(account),
        of_wear(account, outlook.get("lifecycle")),
        of_pacing(account, outlook.get("pacing")),
    ):
        log += considered
        for one in found:
            if one.fault in JUDGED and any(_learns(account, one, launch) for launch in launches):
                why = "its campaign is new: not to be judged before it has learned"
                log.append(
                    Considered("opportunity", why, one.metric, one.segment, one.fault, one.evidence, one.p_value)
                )
            else:
                candidates.append(one)
    return candidates, log


def _learns(account: Account, one: Candidate, launch: Candidate) -> bool:
    rows, new = account.mask(one.segment), account.mask(launch.segment)
    return int(np.count_nonzero(rows & new)) >= SAME_ROWS * max(int(np.count_nonzero(rows)), 1)
