"""The design tokens of theme.json: one palette, one set of sizes, for matplotlib, Typst and HTML alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

THEME_FILE = Path(__file__).parent / "theme.json"
TOKENS: dict[str, Any] = json.loads(THEME_FILE.read_text("utf-8"))
