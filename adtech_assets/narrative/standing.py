"""Rankings and causes of a clause against the evidence.

Belongs here: superlatives and driver claims. Does not: figures and directions (`judge.py`). Raises Refused with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence

from adtech_assets.metrics.model import semantic_model
from adtech_assets.narrative.claims import Token
from adtech_assets.narrative.clauses import Clause
from adtech_assets.narrative.evidence import EvidenceItem
from adtech_assets.narrative.roles import Refused
from adtech_assets.narrative.support import is_about


def check_rank(clause: Clause, items: Sequence[EvidenceItem], advice: bool) -> None:
    """A superlative or an order: one name, at that place of a ranking."""
    words = [t for t in clause.tokens if t.has("rank_high", "rank_low", "rank_best", "rank_worst", "rank_order")]
    if not words or (advice and not clause.names and not clause.metrics):
        return
    order = next((t for t in words if t.has("rank_order")), None)
    word = next((t for t in words if not t.has("rank_order")), None) or words[0]
    if len(clause.names) != 1:
        raise Refused(f"{word.text!r} needs one name")
    following = clause.tokens[clause.tokens.index(word) + 1 : clause.tokens.index(word) + 2]
    if any(t.has("up", "down", "driver_claims") or t.text in {"change", "movement"} for t in following):
        raise Refused("changes are not ranked in the evidence")
    position = {"second": 2, "third": 3, "second-highest": 2, "third-highest": 3}.get(order.text, 1) if order else 1
    ranks = [i for i in items if i.kind == "rank"]
    claimed = [frozenset(t.meaning) for t in clause.metrics] or [frozenset[str]()]
    if not all(any(_at(i, clause, word, position, metrics) for i in ranks) for metrics in claimed):
        raise Refused(f"no ranking in the evidence makes this the {word.text}")


def _at(item: EvidenceItem, clause: Clause, word: Token, position: int, wanted: frozenset[str]) -> bool:
    """Whether the named member stands at that position of a ranking."""
    if word.has("cheap"):
        wanted = frozenset({"cpc"} if wanted == {"clicks"} else {"cac"})
    dims = {t.text.rstrip("s") for t in clause.tokens if t.has("dimensions")}
    if item.metric not in wanted or not item.ranking or (dims and item.dimension not in dims):
        return False
    if clause.date is not None and item.period != clause.date:
        return False
    values = {k.value for k in clause.names[0].names if k.dimension == item.dimension}
    own = [v for name, v in item.ranking if name in values]
    if len(own) != 1:
        return False
    high = word.has("rank_high", "rank_order") and not word.has("rank_low")
    if word.has("rank_best", "rank_worst"):
        model = semantic_model().metric(item.metric or "")
        if model.better == "none":
            return False
        high = (model.better == "up") == word.has("rank_best")
    ahead = sum((v > own[0]) if high else (v < own[0]) for _, v in item.ranking)
    return ahead == position - 1


def check_drivers(clause: Clause, items: Sequence[EvidenceItem]) -> None:
    """A cause: only a driver item of that part and metric, in its direction."""
    claims = [t for t in clause.tokens if t.has("driver_claims")]
    if not claims or _is_share_only(clause):
        return
    metrics = {m for t in clause.metrics for m in t.meaning}
    found = [
        i
        for i in items
        if i.kind == "driver"
        and i.metric in metrics
        and clause.names
        and all(is_about(frozenset(i.segment.items()), name) for name in clause.names)
    ]
    if not found:
        raise Refused(f"{claims[0].text!r}: no driver in the evidence shows that")
    directed = any(t.has("up") != t.has("down") for t in clause.tokens)
    if directed and any(i.share_of_change is not None and i.share_of_change < 0 for i in found):
        raise Refused("that part moved against the change")


def _is_share_only(clause: Clause) -> bool:
    moves = any(t.has("up", "down") or t.text in {"change", "difference", "movement"} for t in clause.tokens)
    return clause.has("share") and bool(clause.figures) and not moves
