"""Movements that series share: a sale that lifts the account, a slow week of a channel.

Belongs here: how much of a point's movement the others made as well. Does not: what follows from it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adtech_assets.insight.arrays import Array, Positions


@dataclass(frozen=True)
class Sharing:
    """When a movement of others is believed to be common."""

    hold: float = 2.5
    """A series' movement counts as if it lay at most this many spreads from the middle of all."""
    least_spread: float = 0.08
    doubt: float = 1.5
    """Squared significance at which half of a mean is believed ..."""
    doubt_of_one: float = 2.0
    """... and of a single other series, of which at most half is believed."""


@dataclass(frozen=True)
class Kinship:
    """Which series are of one channel. `measures` blocks of the same series lie one after the other."""

    channels: Positions
    measures: int = 1
    sharing: Sharing = Sharing()

    def common(self, moves: Array, spread: Array) -> Array:
        """[measures * series]: the movement that the other series of account and channel made, NaN = no value.

        Precision-weighted means without the series itself, shrunk by their own significance (James-Stein): a mean that
        chance explains excuses nothing, a clear one is believed whole.
        """
        moves, spread = moves.reshape(self.measures, -1), spread.reshape(self.measures, -1)
        known = ~np.isnan(moves)
        middle = np.zeros((self.measures, 1))
        some = known.sum(axis=1) >= 3  # the middle of two is no middle: each would drag the other
        if some.any():
            middle[some, 0] = np.nanmedian(moves[some], axis=1)
        reach = self.sharing.hold * spread
        held = np.where(known, np.clip(np.nan_to_num(moves), middle - reach, middle + reach), 0.0)
        weight = np.where(known, 1 / np.maximum(spread, self.sharing.least_spread) ** 2, 0.0)
        account = self._others(held, weight, np.zeros_like(self.channels))
        channel = self._others(np.where(known, held - account, 0.0), weight, self.channels)
        result: Array = (account + channel).reshape(-1)
        return result

    def _others(self, moves: Array, weight: Array, groups: Positions) -> Array:
        """[measure, series]: mean of the group's other members, shrunk."""
        member = (groups[:, None] == np.unique(groups)[None]).astype(np.float64)

        def without_self(values: Array) -> Array:
            rest: Array = (values @ member) @ member.T - values
            return rest

        total = without_self(weight)
        mean = np.divide(without_self(weight * moves), total, out=np.zeros_like(total), where=total > 1e-9)
        count = without_self((weight > 0).astype(np.float64))
        clear = mean**2 * np.maximum(total, 0.0)
        belief = np.where(
            count >= 2,
            clear / (clear + self.sharing.doubt),
            np.where(count >= 1, 0.5 * clear / (clear + self.sharing.doubt_of_one), 0.0),
        )
        result: Array = mean * belief
        return result
