"""Seasons of Japanese trade by month of the year."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

import yaml

FILE = Path(__file__).parent / "seasons.yaml"


@functools.cache
def seasons() -> Mapping[int, Mapping[str, str]]:
    """Month (1–12) → season → its kind, the most usual first."""
    found: Mapping[int, Mapping[str, str]] = yaml.safe_load(FILE.read_text("utf-8"))
    return found
