"""
Where the power comes from: shares of each source in the grid, in what is left after certificates, and in a price plan.

Shares count in ten-thousandths and make exactly one whole at every instant.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from cdsc_server.demo.months import Floats, Integers, Slots, wind_of
from cdsc_server.demo.people import Plan

#: Each source (CDS-WG3-01 10.8.7.9) and the grams of CO2e that a kWh of it stands for over its life.
SOURCES: Final = {"wind": 11, "solar": 41, "hydro": 24, "nuclear": 12, "natural_gas": 490, "coal": 820}
ATTRIBUTIONS: Final = ("individual", "residual", "base")
WHOLE: Final = 10_000


def shares(plan: Plan, slots: Slots, seed: int) -> dict[str, Integers]:
    """By attribution, a row for each of SOURCES and a column for each slot; every column sums to WHOLE."""
    return {name: _exact(mix) for name, mix in _mixes(plan, slots, seed).items()}


def mean_shares(plan: Plan, slots: Slots, seed: int) -> dict[str, Integers]:
    """As `shares`, with one column that stands for all slots."""
    return {name: _exact(mix.mean(axis=1, keepdims=True)) for name, mix in _mixes(plan, slots, seed).items()}


def _mixes(plan: Plan, slots: Slots, seed: int) -> dict[str, Floats]:
    grid = _grid(slots, seed)
    claimed = grid * np.array([0.6, 0.6, 0.4, 0, 0, 0])[:, None]
    residual = (grid - claimed) / (grid - claimed).sum(axis=0)
    bought = claimed / claimed.sum(axis=0)
    return {"individual": plan.green * bought + (1 - plan.green) * residual, "residual": residual, "base": grid}


def _grid(slots: Slots, seed: int) -> Floats:
    wind = 0.04 + 0.34 * wind_of(slots, seed)
    solar = 0.34 * slots.sun
    hydro = 0.09 + 0.03 * np.cos(2 * np.pi * (slots.day - 110) / 365.2425)
    nuclear = np.full(len(slots), 0.22)
    rest = np.clip(1 - wind - solar - hydro - nuclear, 0.05, None)
    mix = np.stack([wind, solar, hydro, nuclear, rest * 0.88, rest * 0.12])
    return np.asarray(mix / mix.sum(axis=0))


def _exact(mix: Floats) -> Integers:
    """Rounded so that nothing is lost: what rounding down leaves over goes to the largest remainders."""
    scaled = mix * WHOLE
    whole = np.floor(scaled).astype(np.int64)
    place = np.argsort(np.argsort(whole - scaled, axis=0, kind="stable"), axis=0, kind="stable")
    return np.asarray(whole + (place < WHOLE - whole.sum(axis=0)))
