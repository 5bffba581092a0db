"""Ordinary drift: how far single campaigns, creatives, countries and devices move from window to window anyway.

Belongs here: a mixed model of one link's changes: the account's own move, a random effect for every member of every
dimension, one for every leaf, and the causes accepted so far. Does not: listing or choosing causes.

Changes of leaves are normal with variance noise + leaf drift; effects are normal about 0, with one variance a
dimension, estimated by EM (Dempster, Laird and Rubin 1977) with an inverse-gamma prior, which is what dimensions of two
or three members rest on. What a segment's shift explains beyond all that is its score given the others, so a member
that drifts like its peers is not to blame, and a segment within a blamed one is not blamed again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from adtech_assets.insight.arrays import Array, Positions
from adtech_assets.insight.causes.cube import Cube
from adtech_assets.insight.causes.links import Link
from adtech_assets.insight.causes.segments import EVERYTHING, Segments
from adtech_assets.settings import Group


class Drift(Group):
    """What is known of drift before the account is seen. Logarithms: 0.05 is about 5 %."""

    account: float = Field(0.08, gt=0, description="usual move of the whole account")
    member: float = Field(0.05, gt=0, description="usual move of one campaign, country, device, ...")
    leaf: float = Field(0.05, gt=0, description="usual move of one combination beside its members' moves")
    belief: float = Field(12, gt=0, description="how many members' moves the figures above are worth")
    cap: float = Field(2, gt=1, description="a move counts as at most this many times the usual one")
    limit: float = Field(4, gt=0, description="largest log change that is worked with")
    uneven: float = Field(
        0.3, ge=0, description="how differently a cause hits the leaves of its segment, as a share of it"
    )
    apart: int = Field(60, ge=1, description="members of a dimension with a move of their own, largest first")
    rounds: int = Field(12, ge=1, description="steps of the estimation")
    cause: float = Field(0.7, gt=0, description="usual size of a cause")


@dataclass(frozen=True)
class Scores:
    """[segment] of a shift of the segment: score, information, and what of it is shared with a shift of everything."""

    score: Array
    information: Array
    shared: Array


@dataclass(frozen=True)
class Moves:
    """The fitted model of one link. weight: [leaf] 1 / variance beside random effects; change: [leaf]."""

    effects: Effects
    weight: Array
    change: Array
    covariance: Array
    """[effect, effect]: of the effects, given the data."""
    variances: Array
    """[block]: of the account's move, of each dimension's members, of causes."""

    def scores(self, segments: Segments) -> Scores:
        """Scores of a shift of each segment, given all else in the model."""
        shared = segments.sums(self.weight[:, None] * self.effects.dense())
        spread = shared @ self.covariance
        own = segments.sums(self.weight)
        score = segments.sums(self.weight * self.change) - spread @ self.effects.sums(self.weight * self.change)
        return Scores(
            score,
            np.maximum(own - (spread * shared).sum(axis=1), 0.0),
            np.maximum(own - spread @ shared[EVERYTHING], 0.0),
        )


@dataclass(frozen=True)
class Effects:
    """Which effects a leaf has: the account's, one of each dimension, and causes.

    at: [leaf, block] number of the effect; causes: [leaf, cause] how a cause moves it. block: [effect], -1 for causes.
    """

    at: Positions
    causes: Array
    block: Positions

    @property
    def plain(self) -> int:
        return int((self.block >= 0).sum())

    def sums(self, values: Array) -> Array:
        """[effect]: sums of leaves' values."""
        spread = np.bincount(self.at.ravel(), np.repeat(values, self.at.shape[1]), self.plain)
        return np.concatenate([spread, self.causes.T @ values])

    def products(self, weight: Array) -> Array:
        """[effect, effect]: weighted sums over leaves that have both."""
        _n, blocks = self.at.shape
        pairs = self.at[:, :, None] * self.plain + self.at[:, None, :]
        counted = np.bincount(pairs.ravel(), np.repeat(weight, blocks**2), self.plain**2)
        plain: Array = counted.reshape(self.plain, self.plain).astype(np.float64)
        if not self.causes.shape[1]:
            return plain
        across = np.stack([self.sums(weight * column) for column in self.causes.T])
        return np.block([[plain, across[:, : self.plain].T], [across[:, : self.plain], across[:, self.plain :]]])

    def of(self, estimate: Array) -> Array:
        """[leaf]: the sum of a leaf's effects."""
        total: Array = estimate[self.at].sum(axis=1) + self.causes @ estimate[self.plain :]
        return total

    def dense(self) -> Array:
        """[leaf, effect]"""
        n, _blocks = self.at.shape
        plain = np.zeros((n, self.plain))
        plain[np.arange(n)[:, None], self.at] = 1.0
        return np.concatenate([plain, self.causes], axis=1)


def effects_of(cube: Cube, causes: Sequence[Array], apart: int) -> Effects:
    """The effects of an account's leaves; causes: [leaf] each, as they move their leaves.

    apart: members of a dimension that have an effect of their own, those of most leaves; the rest share one, which keeps
    the model small where a dimension has hundreds of members with a row or two each.
    """
    blocks, sizes = [np.zeros(cube.leaves, dtype=np.int64)], [1]
    for dimension, members in enumerate(cube.members):
        codes = cube.codes[:, dimension]
        place = np.empty(len(members), dtype=np.int64)
        place[np.argsort(-np.bincount(codes, minlength=len(members)), kind="stable")] = np.arange(len(members))
        blocks.append(np.minimum(place[codes], apart))
        sizes.append(min(len(members), apart + 1))
    at = np.stack(blocks, axis=1) + np.cumsum([0, *sizes[:-1]])
    columns = np.stack(causes, axis=1) if causes else np.zeros((cube.leaves, 0))
    block = np.concatenate([np.repeat(np.arange(len(sizes)), sizes), np.full(len(causes), -1)])
    return Effects(at, columns, block)


def fit(cube: Cube, link: Link, causes: Sequence[Array], drift: Drift) -> Moves:
    """The model of a link, with the causes accepted so far."""
    effects = effects_of(cube, causes, drift.apart)
    blocks = len(cube.members) + 1
    believed = np.array([drift.account**2, *[drift.member**2] * (blocks - 1), drift.cause**2])
    variances, leaf = believed.copy(), drift.leaf**2
    change, noise = link.change()
    known = np.isfinite(noise)
    seen = np.unique(effects.at[known])
    present = np.zeros(len(effects.block), dtype=bool)
    present[seen] = True
    covariance: Array = np.empty(0)
    weight: Array = np.empty(0)
    estimate: Array = np.zeros(len(effects.block))
    for turn in range(drift.rounds):
        if causes and turn:
            blamed = np.clip(effects.causes @ estimate[effects.plain :], -drift.limit, drift.limit)
            change, noise = link.change(blamed)
            noise = noise + (drift.uneven * blamed) ** 2
        weight = 1 / (noise + leaf)
        precision = effects.products(weight)
        precision[np.diag_indices_from(precision)] += 1 / variances[effects.block]
        covariance = np.linalg.inv(precision).astype(np.float64)
        estimate = covariance @ effects.sums(weight * change)
        moment = estimate**2 + np.diag(covariance)
        for block in range(1, blocks):
            own = (effects.block == block) & present
            # A member that strays much further than its peers is a cause, not their drift.
            capped = np.minimum(moment[own], drift.cap**2 * variances[block]).sum()
            variances[block] = (capped + drift.belief * believed[block]) / (own.sum() + drift.belief)
        kept = leaf / (leaf + noise[known])
        rest = (change - effects.of(estimate))[known]
        moved = np.minimum((kept * rest) ** 2 + kept * noise[known], drift.cap**2 * leaf)
        leaf = float((moved.sum() + drift.belief * drift.leaf**2) / (known.sum() + drift.belief))
    return Moves(effects, weight, change, covariance, variances)
