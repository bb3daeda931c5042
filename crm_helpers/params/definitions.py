"""What the client's figures rest on, as texts that two editions compare: the settings that decide what is counted, and how."""

from __future__ import annotations

import json

from crm_helpers.params.schema import Params

COUNTED = (
    *("type", "currency", "fiscal_year_start", "history_complete", "customers_are", "sales", "cleaning", "rfm", "states"),
    *("journey",),
)
FILES = {"files", "connection", "encoding"}  # where rows come from, not what they mean


def definitions(params: Params) -> dict[str, str]:
    """Name of a definition → its text: settings, the conditions of each segment, and how each table is read."""
    told = params.model_dump(mode="json", by_alias=True)
    found = {name: _text(told[name]) for name in COUNTED}
    found["privacy_k"] = str(params.privacy.k)
    found |= {f"segment:{name}": _text(segment["where"]) for name, segment in told["segments"].items()}
    for table, sources in told["data"].items():
        listed = sources if isinstance(sources, list) else [sources]
        found[f"table:{table}"] = _text([{k: v for k, v in source.items() if k not in FILES} for source in listed])
    return found


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
