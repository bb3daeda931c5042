"""The year page in words: every string final, every bar at its place, campaigns packed into tracks by what is drawn of them."""

from __future__ import annotations

from typing import Any

from crm_helpers.document import Calendar, Lane, Monthly, Span, Strip
from crm_helpers.domain.plan import LEVERS, content
from crm_helpers.report.speech import say
from crm_helpers.text.catalogue import Voice
from crm_helpers.text.formats import ems

MONTH_MM = 25.2
NAME_PT = 8.5
MM_PT = 72 / 25.4
CHIP_MM = 5.0
BETWEEN = 0.06  # months between two campaigns of one track
FILLS = {
    "new": "paper",
    "f2": "strong",
    **dict.fromkeys(("frequency", "items", "price"), "soft"),
    "retention": "middle",
    **dict.fromkeys(("winback", "consent"), "grey"),
}


def worded(made: Calendar, voice: Voice) -> dict[str, Any]:
    """The calendar as the renderers read it."""
    used = {strip.channel for lane in made.lanes for strip in lane.strips}
    return {
        "label": {name: voice.say(f"year.label.{name}") for name in ("year", "events", "decided", "seasons", "kpi")},
        "held": voice.say("year.held"),
        "months": [voice.number(day, "month_axis") for day in made.months],
        "years": [day[:4] if n == 0 or day[5:7] == "01" else "" for n, day in enumerate(made.months)],
        "events": [_span(event, voice) for event in made.events],
        "reviews": [_span(review, voice) for review in made.reviews],
        "seasons": [[say(voice, s.label) for s in made.seasons if int(s.first) == t] for t in range(len(made.months))],
        "above": [_monthly(row, voice, _scale(row)) for row in made.above],
        "lanes": [_lane(lane, voice) for lane in made.lanes],
        "below": [_monthly(row, voice, _scale(row)) for row in made.below],
        "foot": say(voice, made.foot) if made.foot else "",
        "legend": {
            "channel": voice.say("year.legend.channel"),
            "channels": [
                [voice.say(f"year.channel.{code}"), voice.say(f"year.channel_name.{code}")]
                for code in (*content()["channels"], "other")
                if f"year.channel.{code}" in used
            ],
            "lever": voice.say("year.legend.lever"),
            "levers": [[voice.say(f"year.lever.{code}"), voice.say(f"plan.lever.{code}"), FILLS[code]] for code in LEVERS],
            "always": voice.say("year.legend.always"),
            "held": voice.say("year.legend.held"),
        },
    }


def _span(span: Span, voice: Voice) -> dict[str, Any]:
    return {"label": say(voice, span.label), "first": span.first, "last": span.last}


def _scale(row: Monthly) -> float:
    """What fills the height of a row of bars."""
    return max((*row.values, *row.line, row.cap or 0.0), default=0.0) or 1.0


def _monthly(row: Monthly, voice: Voice, scale: float) -> dict[str, Any]:
    return {
        "title": say(voice, row.title),
        "unit": say(voice, row.unit),
        "cap": None if row.cap is None else row.cap / scale,
        "cells": [
            {
                "text": voice.number(round(value) if row.form.startswith("money") else value, row.form),
                "bar": max(value, 0.0) / scale,
                "line": row.line[t] / scale if row.line else None,
                "over": row.cap is not None and row.cap < (round(value) if row.form == "dec0" else value - 1e-9),
                "beneath": say(voice, row.beneath[t]) if row.beneath else "",
            }
            for t, value in enumerate(row.values)
        ],
        "total": [say(voice, sentence).partition("|")[::2] for sentence in row.total],
    }


def _lane(lane: Lane, voice: Voice) -> dict[str, Any]:
    strips, tracks = _packed(lane, voice)
    now, _, goal = say(voice, lane.kpi).partition("|") if lane.kpi else ("", "", "")
    return {
        "title": say(voice, lane.title),
        "stance": say(voice, lane.stance),
        "size": say(voice, lane.size) if lane.size else "",
        "now": now,
        "goal": goal,
        "money": say(voice, lane.money) if lane.money else "",
        "strips": strips,
        "tracks": tracks,
        "gaps": [_span(gap, voice) for gap in lane.gaps],
    }


def _packed(lane: Lane, voice: Voice) -> tuple[list[dict[str, Any]], int]:
    """Strips with their tracks: greedy, in the order given, by the whole of strip, name and day of judgement."""
    ends: list[float] = []
    found = []
    for strip in lane.strips:
        name = say(voice, strip.name)
        wide = ems(name) * NAME_PT / MM_PT / MONTH_MM
        begin = min(strip.first, 12 - wide)  # a name at the right edge moves left
        least = (3 if strip.tested else 2) * CHIP_MM / MONTH_MM
        end = max(strip.last, strip.first + least, begin + wide, strip.decision or 0.0)
        track = next((n for n, stop in enumerate(ends) if stop + BETWEEN <= min(begin, strip.first)), len(ends))
        if track == len(ends):
            ends.append(end)
        else:
            ends[track] = end
        found.append(_strip(strip, name, begin, track, voice))
    tracks = max(len(ends), 1)
    return found, tracks + (1 if lane.gaps and lane.strips else 0)


def _strip(strip: Strip, name: str, begin: float, track: int, voice: Voice) -> dict[str, Any]:
    return {
        "name": name,
        "name_at": begin,
        "first": strip.first,
        "last": strip.last,
        "channel": voice.say(strip.channel),
        "lever": voice.say(strip.lever),
        "fill": FILLS.get(strip.lever.rsplit(".", 1)[-1], "grey"),
        "always": strip.always,
        "tested": strip.tested,
        "held": voice.say("year.held"),
        "decision": strip.decision,
        "track": track,
    }
