"""Content that several parts of the workbook share: the items of the self-check and the stages of a journey.

`ROWS` and `CHOICES` give them to the forms; `business_type` chooses the words and the stages of a kind of business.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from crm_helpers.domain import business

HERE = Path(__file__).parent
USUAL = "retail_store"  # the journey of a client whose kind of business is not said


@functools.cache
def audit() -> Mapping[str, Any]:
    """`audit_items.yaml`: `meta` (axes, levels, scoring) and the 42 `items` with their anchors."""
    return _read("audit_items.yaml")


@functools.cache
def audit_plan() -> Mapping[str, Any]:
    """`audit_plan.yaml`: what the audit's items wait for, when they are taken up, and the sides of a company."""
    return _read("audit_plan.yaml")


def company_reason(text: str) -> str:
    """The first reason of the company's own (`company_reasons.yaml`) that a text names; nothing when it names none."""
    found = _company_reasons().search(" ".join(unicodedata.normalize("NFKC", text).split()))
    return found[0] if found else ""


@functools.cache
def _company_reasons() -> re.Pattern[str]:
    words = [word for said in _read("company_reasons.yaml").values() for word in said]
    return re.compile("|".join(rf"\b{re.escape(w)}\b" if w.isascii() else re.escape(w) for w in words), re.IGNORECASE | re.ASCII)


def item_text(item: Mapping[str, Any], lang: str, business_type: str = "") -> str:
    """The question of an item in the words of the kind of business."""
    by_type = item.get("text_by_type", {}).get(business_type)
    return str(by_type[lang] if by_type else item[f"text_{lang}"])


def stages(business_type: str = "") -> list[Mapping[str, Any]]:
    """The stages of the journey of that kind of business (a pack); of a shop where none is said."""
    kind = business.pack(business_type).journey if business_type in business.names() else USUAL
    return list(business.journeys()[kind]["stages"])


def _audit_rows(business_type: str) -> list[dict[str, Any]]:
    axes = {axis["id"]: axis for axis in audit()["meta"]["axes"]}
    return [
        {
            "key": item["id"],
            "short": item["short_form"],
            "cells": {
                "item_id": item["id"],
                "axis": {lang: axes[item["axis"]][lang].partition("(")[0] for lang in ("ja", "en")},
                "question": {lang: item_text(item, lang, business_type) for lang in ("ja", "en")},
                "evidence_seen": {lang: item[f"evidence_{lang}"] for lang in ("ja", "en")},
                **{f"anchor_{a['score']}": {"ja": a["ja"], "en": a["en"]} for a in item["anchors"]},
            },
        }
        for item in audit()["items"]
    ]


def _stage_choices(business_type: str) -> dict[str, list[str]]:
    return {stage["id"]: [stage["name"]["ja"], stage["name"]["en"]] for stage in stages(business_type)}


def _read(name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load((HERE / name).read_text("utf-8"))
    return found


ROWS: Mapping[str, Callable[[str], list[dict[str, Any]]]] = {"audit_items": _audit_rows}
"""Rows of forms by the name that their definitions use."""

CHOICES: Mapping[str, Callable[[str], dict[str, list[str]]]] = {"journey_stages": _stage_choices}
"""Choices of forms by the name that their definitions use: code → its words in Japanese and English."""
