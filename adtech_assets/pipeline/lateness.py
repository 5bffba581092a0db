"""Is a client late: the one rule whose answer changes while no file comes, so that a clock has to ask it.

Belongs here: asking cheaply (SQL alone), and by the rulebook where the answer is yes. Does not: the rule
(`quality/rules.yaml`) or when it is asked (`defs/sensors/late.py`).
"""

from __future__ import annotations

import datetime as dt

from adtech_assets.lake import Part
from adtech_assets.pipeline.checking import check, show_tables
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.quality.rulebook import Rule, rulebook
from adtech_assets.quality.runner import RuleResult
from adtech_assets.tables import TABLES

ON_TIME = "client_on_time"


def on_time_rule() -> Rule | None:
    """The rule of the rulebook; None where it has none."""
    return next((rule for rule in rulebook().rules if rule.id == ON_TIME), None)


def lateness(workspace: Workspace, client: str) -> RuleResult | None:
    """What the rule says of a client now; None where there is no such rule.

    Great Expectations is imported only for a client that is late: its import takes seconds, and this runs all day.
    """
    rule = on_time_rule()
    if rule is None:
        return None
    if rule.sql is not None and not _any_row(workspace, client, rule):
        return RuleResult(rule, passed=True, failing_count=0, description=f"No {rule.of} fails")
    return check(workspace, [rule], client)[0]


def is_late(workspace: Workspace, client: str, at: dt.datetime | None = None) -> bool:
    """Whether the rule finds the client late, at a moment (now if not given) and with the files it has now.

    A client that is no longer late, but would have been at the last look with the files of today, sent nothing: it is
    just no longer waited for. Also true where the rule cannot be asked.
    """
    rule = on_time_rule()
    return rule is not None and rule.sql is not None and _any_row(workspace, client, rule, at)


def _any_row(workspace: Workspace, client: str, rule: Rule, at: dt.datetime | None = None) -> bool:
    """Whether the rule's SQL finds anything; also true where it cannot be run, for the rulebook's engine to say why."""
    import duckdb

    query = (rule.sql or "").replace("{batch}", f'"{rule.table}"')
    if at is not None:
        query = query.replace("now()", f"timestamptz '{at.astimezone(dt.UTC).isoformat()}'")
    try:
        with duckdb.connect() as connection:
            if rule.reads:
                show_tables(workspace, connection, client)
            else:
                workspace.lake.views(connection, {TABLES[rule.table]: [Part(client)]})
            return connection.execute(f"select 1 from ({query}) limit 1").fetchone() is not None  # noqa: S608
    except duckdb.Error:
        return True
