"""The semantic model: metrics and dimensions read from `semantic_model.yaml`, and the one way to compute a ratio.

Belongs here: definitions and the expressions that follow from them. Does not: any calculation on real frames.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal

import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict

Unit = Literal["currency", "count", "fraction", "ratio"]


class Metric(BaseModel):
    """One metric. A ratio has a numerator and a denominator, an additive metric has neither."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    label: str
    unit: Unit
    better: Literal["up", "down", "none"]
    description: str
    numerator: str | None = None
    denominator: str | None = None
    scale: float = 1


class Dimension(BaseModel):
    """One attribute of a row."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    label: str
    description: str


class SemanticModel(BaseModel):
    """All definitions."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    additive: dict[str, Metric]
    ratio: dict[str, Metric]
    dimensions: dict[str, Dimension]

    def metric(self, name: str) -> Metric:
        """The definition of a metric of either kind; KeyError if there is none."""
        return self.additive[name] if name in self.additive else self.ratio[name]


@cache
def semantic_model() -> SemanticModel:
    """The model as shipped, validated."""
    return SemanticModel.model_validate(
        yaml.safe_load(files(__package__).joinpath("semantic_model.yaml").read_text("utf-8"))
    )


ADDITIVE: tuple[str, ...] = tuple(semantic_model().additive)
RATIOS: tuple[str, ...] = tuple(semantic_model().ratio)
DIMENSIONS: tuple[str, ...] = tuple(semantic_model().dimensions)
SUM_DIGITS = 6


def ratio(name: str, suffix: str = "") -> pl.Expr:
    """A ratio of two summed columns; null where the denominator is 0 or either side is unknown."""
    metric = semantic_model().ratio[name]
    numerator, denominator = pl.col(f"{metric.numerator}{suffix}"), pl.col(f"{metric.denominator}{suffix}")
    return pl.when(denominator != 0).then(metric.scale * numerator / denominator).alias(f"{name}{suffix}")


def total(name: str) -> pl.Expr:
    """The sum of an additive metric; null (unknown), not 0, where every value is unknown.

    Rounded to a ten-thousandth of a cent: threads add in any order, and the same rows must give the same bytes.
    """
    return pl.when(pl.col(name).count() > 0).then(pl.col(name).sum().round(SUM_DIGITS)).alias(name)


def totals(rows: pl.DataFrame | None = None) -> list[pl.Expr]:
    """`total` of every additive metric; by the shorter way for those that `rows`, where given, always state."""
    stated = {name for name in ADDITIVE if rows is not None and not rows.get_column(name).null_count()}
    return [pl.col(name).sum().round(SUM_DIGITS) if name in stated else total(name) for name in ADDITIVE]
