"""`python -m tools.demo [folder]`: write the demo client."""

from __future__ import annotations

import sys
from pathlib import Path

from tools.demo.make import write

ROOT = Path(__file__).resolve().parents[2]

if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "data" / "demo")
