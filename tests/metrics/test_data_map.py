"""Places of customer information worked by hand: links, masters, risks and the five questions."""

import pandas as pd

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import data_map
from tests.metrics.sample import HALVES, SHOP

PLACES = pd.DataFrame(
    {
        "system_id": ["A", "B", "C", "D"],
        "system_name": ["カート", "配信", "台帳", "紙"],
        "kind": ["ec_cart", "ma", "spreadsheet", "paper"],
        "subject": ["member", "member", "buyer_nonmember", "prospect"],
        "links_to": ["B、C", "A、Z", None, None],
        "link_method": ["batch_daily", "manual_csv", None, "none"],
        "match_percent": [90.0, 80.0, None, None],
        "pd_class": ["PD1_direct", "PD2_pseudonymous", "PD1_direct", "PD0_none"],
        "consent_held": ["flag_only", "none", "none", "none"],
        "retention": ["3年", None, None, None],
        "used_for": ["受注", "配信", "予約", "保管"],
        "holds_identity": ["master", "copy", "master", None],
        "holds_purchase": ["master", None, None, None],
    }
)


def mapped(**others):
    return Tables.of(order_lines=SHOP, data_map=PLACES, **others)


def test_links_name_known_places_only_and_a_place_that_nothing_reaches_is_alone():
    found = data_map.places(mapped()).set_index("system")
    assert found["targets"].tolist() == [("B", "C"), ("A",), (), ()], "Z is no place"
    assert found["linked"].tolist() == [True, True, True, False], "C is reached by A"


def test_a_pair_takes_the_slower_way_and_the_lower_match():
    found = data_map.links(data_map.places(mapped())).set_index(["one", "other"])
    assert found.loc[("A", "B")].tolist() == ["manual_csv", 0.8]
    assert found.loc[("A", "C")].tolist() == ["batch_daily", 0.9]


def test_more_than_one_master_shows():
    found = data_map.matrix(data_map.places(mapped())).drop_duplicates("group").set_index("group")["masters"]
    assert found.to_dict() == {"identity": 2, "purchase": 1}


def test_each_risk_has_its_rule():
    found = data_map.risks(data_map.places(mapped()))
    assert [(r.system, r.risk) for r in found.itertuples()] == [
        ("B", "no_retention"), ("B", "by_hand"), ("B", "no_consent"), ("C", "loose"), ("C", "no_retention"),
    ]  # fmt: skip


def test_paper_that_is_not_personal_is_no_risk():
    assert "D" not in set(data_map.risks(data_map.places(mapped()))["system"])


def test_the_five_questions_count_what_the_tables_tell():
    tables = mapped(
        customers=pd.DataFrame({"customer_id": ["1", "2", "3"], "preferred_channel": ["mail", None, "line"]}),
        feature_use=pd.DataFrame(
            {"department": ["店", "本部", "店"], "feature": ["profile", "profile", "cap"], "use": ["absent", "often", "often"]}
        ),
    )
    found = data_map.five_questions(tables, data_map.places(tables), periods=HALVES).set_index("question")
    assert found.loc["places"].tolist() == [3, 4]
    assert found.loc["asked_again"].tolist() == [1, 2]
    assert found.loc["history"].tolist() == [1, 2]
    assert found.loc["channel"].tolist() == [2, 3]
    assert found.loc["reason"].isna().all(), "no campaigns: not told, not zero"


def test_no_map_is_no_page():
    found = data_map.places(Tables.of(order_lines=SHOP))
    assert found == Unavailable("data_map.places", ("data_map",))
    assert data_map.links(found) is found
    assert data_map.risks(found) is found
