"""All files of the client, as bytes by name."""

from __future__ import annotations

from pathlib import Path

from tools.demo import campaigns, exports_people, exports_rest, exports_sales, facts, journey, management, plan, programme, voice
from tools.demo.sizes import sizes
from tools.demo.world import World, world
from tools.demo.writing import zipped


def write(folder: Path) -> World:
    """Write every file of the client into the folder; what else lies there stays. The company that they tell of."""
    made = world()
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files(made).items():
        (folder / name).write_bytes(data)
    return made


def files(made: World) -> dict[str, bytes]:
    """The files by name."""
    movements = programme.pay_with_points(made.members, made.orders)
    log = campaigns.contacts(made.members, made.orders, made.contracts)
    refused = programme.opted_out([(c.customer, *c.out) for c in log if c.out])
    agreed = sorted([*programme.consents(made.members), *refused], key=lambda c: (c[3], c[4], c[0], c[1]))
    sales = exports_sales.sales(made)
    answers = voice.answers(made.members, made.orders)
    asked = voice.inquiries(made.orders, made.contracts)
    events = journey.events(made.members, made.orders)
    truth = facts.as_yaml(facts.facts(sizes(made, log, events)))
    bookings = exports_rest.bookings(journey.bookings(made.members))
    return {
        **{f"sales_{year}.zip": zipped(members) for year, members in sales.items()},
        "masters.zip": zipped(exports_people.masters(made)),
        "stores.xlsx": exports_people.stores_workbook(),
        "tills.zip": zipped(exports_sales.tills(made)),
        "programme.zip": zipped(exports_people.programme(movements, agreed, programme.stops(made.members))),
        "messages.zip": zipped(exports_rest.messages(campaigns.campaigns(), log, campaigns.totals(made.members))),
        "boxes.zip": zipped(exports_rest.boxes(made.contracts, made.services)),
        "web.zip": zipped(exports_rest.web(events)),
        "voices.zip": zipped(exports_rest.voices(answers, asked)),
        "classes.zip": zipped({"教室予約台帳.csv": bookings}),
        "trade.zip": zipped(exports_rest.trade(made.services)),
        "office.zip": zipped(exports_rest.office(management.acquisition(made.members))),
        "plan.zip": zipped(plan.sheets()),
        "truth.yaml": truth.encode(),
        "control_totals.csv": exports_sales.control_totals(made),
    }
