"""Set before any kernel starts: notebooks under test display only their line of numbers, as they are stored."""

import os
import sys

os.environ["CRM_DISPLAY"] = "digest"
os.environ.setdefault("MPLBACKEND", "agg")
# jsonschema would build 35 grammars for a format that no Jupyter schema uses: 1.2 CPU seconds a process
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
