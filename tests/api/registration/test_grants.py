"""Grants API: CDS-WG1-02 8."""

import secrets
from datetime import timedelta

import pytest
from sqlalchemy import event, insert

from cdsc_server.storage.db import db, transaction
from cdsc_server.storage.grants import GrantRow
from tests.factories.oauth import register
from tests.support import requirement
from tests.support.oauth import judged_before_storage


def read(party, approval):
    return party.http.get(f"/grants/{approval.grant_id}", headers=party.bearer).json


def patch(party, approval, **body):
    return party.http.patch(f"/grants/{approval.grant_id}", json=body, headers=party.bearer)


def opens(party, tokens):
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    return party.http.get("/usage_data", headers=headers).status_code == 200


@requirement(
    "WG1-02-8-01",
    "WG1-02-8.1-01",
    "WG1-02-8.1-02",
    "WG1-02-8.1-03",
    "WG1-02-8.1-04",
    "WG1-02-8.1-05",
    "WG1-02-8.1-06",
    "WG1-02-8.1-07",
    "WG1-02-8.1-08",
    "WG1-02-8.1-09",
    "WG1-02-8.1-10",
    "WG1-02-8.1-11",
    "WG1-02-8.1-12",
    "WG1-02-8.1-13",
    "WG1-02-8.1-14",
    "WG1-02-8.1-15",
    "WG1-02-8.1-16",
    "WG1-02-8.1-17",
    "WG1-02-8.1-18",
    "WG1-02-8.1-19",
    "WG1-02-8.1-20",
    "WG1-02-8.6-01",
)
def test_a_grant_is_whole_and_keeps_what_was_ticked_to_itself(party, approval, settings):
    """Every member, null where there is nothing; the selection stays with the Server."""
    grant = read(party, approval)

    assert grant["uri"] == f"{settings.base_url}/grants/{approval.grant_id}"
    assert (grant["status"], grant["client_id"], grant["scope"]) == ("active", party.app.client_id, "usage_data")
    assert (grant["states"], grant["receipt_confirmations"]) == (["xyz"], ["DGE-7K4M-29QX"])
    assert (grant["replacing"], grant["replaced_by"], grant["children"]) == ([], [], [])
    assert [grant[name] for name in ("parent", "not_before", "not_after", "eta", "expires")] == [None] * 5
    assert grant["enabled_scope"] == grant["scope"]
    assert grant["enabled_authorization_details"] == grant["authorization_details"]
    assert grant["created"] == grant["modified"] == "2026-03-01T12:00:00Z"
    assert [each["type"] for each in grant["authorization_details"]] == ["usage_data"]
    assert not {"selections", "customer_id"} & grant.keys()
    assert "contract-1" not in str(grant)


@requirement("WG1-02-8.7-03")
@judged_before_storage
@pytest.mark.parametrize("status", ["active", "revoked", "expired", "pending", "open", "", 1, None])
def test_a_client_can_only_close(party, approval, status):
    """Every other status is refused, and the Grant stays as it was."""
    before = read(party, approval)

    answer = patch(party, approval, status=status)

    assert (answer.status_code, answer.json["field"]) == (400, "status")
    assert read(party, approval) == before


@requirement("WG1-02-8.2-10", "WG1-02-8.7-01", "WG1-02-8.7-16", "WG1-02-8.1-19", "WG1-02-8.1-20")
def test_a_closed_grant_opens_nothing_at_once(party, approval, clock):
    """What was granted stays on record, what is enabled is gone."""
    tokens = party.access(approval)
    clock.advance(seconds=1)

    answer = patch(party, approval, status="closed")

    assert (answer.status_code, answer.json["status"]) == (200, "closed")
    assert (answer.json["enabled_scope"], answer.json["enabled_authorization_details"]) == ("", [])
    assert answer.json["scope"] == "usage_data"
    assert answer.json["modified"] > answer.json["created"]
    assert not opens(party, tokens)


def test_closing_twice_is_closing_once(party, approval, clock):
    """A repeated request is no fault."""
    first = patch(party, approval, status="closed").json
    clock.advance(seconds=1)

    assert patch(party, approval, status="closed").json == first


def test_a_revoked_grant_cannot_be_closed(party, approve):
    """The Customer ended it; the record says so for ever."""
    approval = approve(status="revoked", enabled_scope="", enabled_authorization_details=[])

    answer = patch(party, approval, status="closed")

    assert answer.status_code == 409
    assert read(party, approval)["status"] == "revoked"


@requirement("WG1-02-8.7-04", "WG1-02-8.7-06")
def test_a_client_gives_a_scope_back_without_asking_anybody(party, approve):
    """Its tokens open less from the next call on."""
    approval = approve(scopes=("usage_data", "supply_details"))
    tokens = party.access(approval)

    answer = patch(party, approval, scope="supply_details")

    assert (answer.status_code, answer.json["status"]) == (200, "active")
    assert (answer.json["scope"], answer.json["enabled_scope"]) == ("supply_details", "supply_details")
    assert [each["type"] for each in party.introspect(tokens["access_token"])["authorization_details"]] == [
        "supply_details"
    ]


@requirement("WG1-02-8.7-09", "WG1-02-8.7-11")
def test_a_client_gives_part_of_an_entry_back(party, approve):
    """The other entries stay as they are."""
    approval = approve(scopes=("usage_data", "supply_details"))
    entry = {"type": "usage_data", "segment_start": "2026-01-01T00:00:00Z"}

    answer = patch(party, approval, authorization_details=[entry])

    assert answer.status_code == 200
    assert [(each["type"], each.get("segment_start")) for each in answer.json["enabled_authorization_details"]] == [
        ("usage_data", "2026-01-01T00:00:00Z"),
        ("supply_details", None),
    ]


def test_a_narrow_token_ends_when_its_grant_is_reduced(party, approve):
    """It was cut for entries that are not there any more; a refresh gives another."""
    approval = approve(scopes=("usage_data", "supply_details"))
    refresh_token = party.access(approval)["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    narrow = party.token({**form, "scope": "usage_data"}).json["access_token"]

    patch(party, approval, scope="supply_details")

    assert party.introspect(narrow) == {"active": False}
    assert party.token(form).json["scope"] == "supply_details"


@requirement(
    "WG1-02-8.7-05",
    "WG1-02-8.7-07",
    "WG1-02-8.7-08",
    "WG1-02-8.7-10",
    "WG1-02-8.7-12",
    "WG1-02-8.7-13",
    "WG1-02-8.2-06",
)
@pytest.mark.parametrize(
    ("body", "asked", "opened"),
    [
        ({"scope": "usage_data account_list"}, "usage_data account_list", "usage_data"),
        ({"scope": "account_list"}, "account_list", ""),
        ({"authorization_details": [{"type": "account_list"}]}, "usage_data account_list", "usage_data"),
        ({"authorization_details": [{"type": "usage_data", "segment_start": "P5Y"}]}, "usage_data", "usage_data"),
        (
            {
                "scope": "supply_details",
                "authorization_details": [{"type": "usage_data", "include_accounts": True}],
            },
            "usage_data supply_details",
            "usage_data",
        ),
    ],
)
def test_more_than_was_agreed_to_waits_for_the_customer(party, approval, body, asked, opened):
    """What was agreed to goes on working; not a field more of it opens."""
    tokens = party.access(approval)
    before = read(party, approval)

    answer = patch(party, approval, **body)

    assert (answer.status_code, answer.json["status"]) == (200, "needs_authorization")
    assert (answer.json["scope"], answer.json["enabled_scope"]) == (asked, opened)
    kept = before["authorization_details"] if opened else []
    assert answer.json["enabled_authorization_details"] == kept
    assert answer.json["authorization_details"] != kept
    assert party.introspect(tokens["access_token"]).get("authorization_details", []) == kept
    assert opens(party, tokens) == bool(opened)


@requirement("WG1-02-8.7-08", "WG1-02-8.7-13")
def test_less_of_one_and_more_of_another_opens_their_intersection(party, approval):
    """In the same entry: the bound that came nearer holds at once, the field that opens more waits."""
    entry = {"type": "usage_data", "segment_start": "2026-02-01T00:00:00Z", "include_accounts": True}

    grant = patch(party, approval, authorization_details=[entry]).json

    (listed,), (works,) = grant["authorization_details"], grant["enabled_authorization_details"]
    assert grant["status"] == "needs_authorization"
    assert (listed["segment_start"], listed["include_accounts"]) == ("2026-02-01T00:00:00Z", True)
    assert (works["segment_start"], works["include_accounts"]) == ("2026-02-01T00:00:00Z", False)


@requirement("WG1-02-8.7-06", "WG1-02-8.7-11")
@pytest.mark.parametrize("body", [{"scope": "usage_data"}, {"scope": "supply_details"}])
def test_asking_for_less_again_needs_nobody(party, approve, body):
    """A Client that takes its wish back is where it was, or has less."""
    approval = approve(scopes=("usage_data", "supply_details"))
    assert (
        patch(party, approval, scope="usage_data supply_details account_list").json["status"] == "needs_authorization"
    )

    answer = patch(party, approval, **body).json

    assert (answer["status"], answer["scope"], answer["enabled_scope"]) == ("active", body["scope"], body["scope"])
    assert answer["enabled_authorization_details"] == answer["authorization_details"]


@requirement("WG1-02-8.7-14")
@judged_before_storage
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"scope": "openid"}, "invalid_scope"),
        ({"scope": "cds_client_admin"}, "invalid_scope"),
        ({"scope": "usage_data  account_list"}, "invalid_request"),
        ({"scope": ""}, "invalid_request"),
        ({"scope": None}, "invalid_request"),
        ({"scope": ["usage_data"]}, "invalid_request"),
        ({"authorization_details": "usage_data"}, "invalid_request"),
        ({"authorization_details": ["usage_data"]}, "invalid_request"),
        ({"authorization_details": [{}]}, "invalid_authorization_details"),
        ({"authorization_details": [{"type": "cds_grant_admin"}]}, "invalid_authorization_details"),
        ({"authorization_details": [{"type": "usage_data", "color": "red"}]}, "invalid_authorization_details"),
        ({"authorization_details": [{"type": "usage_data", "segment_start": "P6Y"}]}, "invalid_authorization_details"),
        (
            {"authorization_details": [{"type": "usage_data", "contract_numbers": ["_all"]}]},
            "invalid_authorization_details",
        ),
        ({"scope": "account_list", "status": "active"}, "invalid_request"),
    ],
)
def test_what_cannot_be_had_is_refused(party, approval, body, code):
    """And nothing of a change that holds one such thing is done."""
    before = read(party, approval)

    answer = patch(party, approval, **body)

    assert (answer.status_code, answer.json["code"]) == (400, code)
    assert read(party, approval) == before


@requirement("WG1-02-8.7-16")
@pytest.mark.parametrize(
    "body",
    [
        {"scope": "usage_data"},
        {"scope": "usage_data supply_details account_list"},
        {"authorization_details": [{"type": "usage_data", "segment_start": "P1Y"}]},
        {"status": "closed"},
    ],
)
def test_nothing_waits_for_a_review(party, approve, body):
    """Unless the catalogue says otherwise, every change is decided at once: 200, and never pending."""
    answer = patch(party, approve(scopes=("usage_data", "supply_details")), **body)

    assert (answer.status_code, answer.json["status"] == "pending") == (200, False)


@pytest.mark.parametrize(("status", "expected"), [("suspended", 409), ("disabled", 409), ("expired", 409)])
def test_a_grant_that_is_shut_cannot_be_widened(party, approve, status, expected):
    """Somebody shut it; a Customer's yes to more would be a way round that."""
    approval = approve(status=status)

    answer = patch(party, approval, scope="usage_data account_list")

    assert answer.status_code == expected
    assert (read(party, approval)["status"], read(party, approval)["scope"]) == (status, "usage_data")


def test_a_grant_of_the_future_opens_nothing_while_more_is_asked_for(party, approve, clock):
    """Its time has not come, whatever its status says now."""
    approval = approve(status="future", not_before=clock.now().replace(year=2027))

    grant = patch(party, approval, scope="usage_data account_list").json

    assert (grant["status"], grant["enabled_scope"]) == ("needs_authorization", "")
    assert grant["enabled_authorization_details"] == []


@requirement("WG1-02-8.7-02", "WG1-02-8.7-15")
def test_what_a_client_may_not_modify_is_ignored(party, approval):
    """And an empty change changes nothing."""
    before = read(party, approval)

    answers = [patch(party, approval, states=["other"], enabled_scope="x", grant_id="y"), patch(party, approval)]

    assert [answer.json for answer in answers] == [before, before]


def test_a_grant_of_another_registration_is_not_there(party, approval, client):
    """Neither to be read nor to be closed."""
    stranger = register(client)
    place = f"/grants/{approval.grant_id}"

    answers = [
        client.open(place, method=method, json={"status": "closed"}, headers=stranger.bearer)
        for method in ("GET", "PATCH")
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    listed = client.get("/grants", headers=stranger.bearer).json["grants"]
    assert [each["client_id"] for each in listed] == [stranger.admin.client_id]
    assert read(party, approval)["status"] == "active"


@requirement("WG1-02-8.2-03", "WG1-02-8.2-11")
def test_time_alone_moves_a_status(party, approve, clock):
    """Nobody has to touch the row."""
    later = clock.now().replace(hour=13)
    future = approve(status="future", not_before=later)
    ending = approve(expires=later)
    before = [read(party, each)["status"] for each in (future, ending)]

    clock.set(later)
    # The admin token of `party` has ended meanwhile.
    token = party.token({"grant_type": "client_credentials"}, by=party.admin).json["access_token"]
    party.bearer["Authorization"] = f"Bearer {token}"

    assert before == ["future", "active"]
    assert [read(party, each)["status"] for each in (future, ending)] == ["active", "expired"]
    assert read(party, ending)["enabled_scope"] == ""
    listed = party.http.get("/grants", query_string={"statuses": "expired"}, headers=party.bearer).json["grants"]
    assert [each["grant_id"] for each in listed] == [ending.grant_id]


@requirement(
    "WG1-02-8.5-06",
    "WG1-02-8.5-07",
    "WG1-02-8.5-08",
    "WG1-02-8.5-09",
    "WG1-02-8.5-10",
    "WG1-02-8.5-11",
    "WG1-02-8.5-12",
    "WG1-02-8.5-13",
    "WG1-02-8.5-14",
    "WG1-02-8.5-15",
    "WG3-01-9.1.1-35",
    "WG3-01-9.1.1-36",
)
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, "ba"),
        ({"grant_ids": "{a} unknown"}, "a"),
        ({"grant_ids": "{a} {b}"}, "ba"),
        ({"parents": "{a}"}, ""),
        ({"statuses": "closed"}, "b"),
        ({"statuses": "active closed"}, "ba"),
        ({"client_ids": "{app}"}, "ba"),
        ({"client_ids": "{admin}"}, ""),
        ({"scopes": "usage_data"}, "a"),
        ({"scopes": "usage"}, ""),
        ({"scopes": "USAGE_DATA"}, ""),
        ({"scopes": "account_list usage_data"}, "ba"),
        ({"states": "one"}, "a"),
        ({"states": "on"}, ""),
        ({"states": 'a"b'}, "b"),
        ({"states": "one two"}, "ba"),
        ({"receipt_confirmations": "DGE-B"}, "b"),
        ({"after": "2026-03-01T12:00:01Z"}, "b"),
        ({"before": "2026-03-01T12:00:00Z"}, "a"),
        ({"scopes": "usage_data", "statuses": "closed"}, ""),
        ({"statuses": ""}, ""),
    ],
)
def test_the_listing_is_filtered(party, approve, clock, query, expected):
    """Filters intersect; the last modified stands first."""
    a = approve(states=["one"], receipt_confirmations=["DGE-A"])
    clock.advance(seconds=1)
    b = approve(
        scopes=("account_list",), status="closed", states=["two", 'a"b'], receipt_confirmations=["DGE-B", "DGE-C"]
    )
    names = {a.grant_id: "a", b.grant_id: "b"}
    words = {"a": a.grant_id, "b": b.grant_id, "app": party.app.client_id, "admin": party.admin.client_id}
    asked = {name: value.format(**words) for name, value in query.items()}

    listing = party.http.get("/grants", query_string=asked, headers=party.bearer)

    # Beside them stands the Client Admin's own.
    assert "".join(names.get(each["grant_id"], "") for each in listing.json["grants"]) == expected


@requirement("WG1-02-8.5-13", "WG1-02-8.5-14")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("after=2026-03-01T12:00:00Z", True),
        ("after=2026-03-01T13:00:00+01:00", True),
        ("before=2026-03-01T13:00:00%2B01:00", True),
        ("after=2026-03-01T12:00:00.5Z", False),
        ("before=2026-03-01T11:59:59.9Z", False),
        ("before=2026-03-01T12:00:00%2B01:00", False),
        ("after=2026-03-01T12:00:00Z&before=2026-03-01T12:00:00Z", True),
    ],
)
def test_instants_include_themselves_and_come_with_any_offset(party, approval, query, found):
    """A + that nobody encoded arrives as a space, and is read all the same."""
    listed = party.http.get(f"/grants?{query}", headers=party.bearer).json["grants"]

    # The Client Admin's own Grant is as old.
    assert sum(each["grant_id"] == approval.grant_id for each in listed) == len(listed) / 2 == found


@judged_before_storage
@pytest.mark.parametrize("query", ["after=yesterday", "before=2026-03-01", "after=", "after=a&after=b", "cursor=x"])
def test_a_filter_that_cannot_be_read_is_refused(party, query):
    """Instead of listing something else."""
    answer = party.http.get(f"/grants?{query}", headers=party.bearer)

    assert (answer.status_code, answer.json["field"]) == (400, query.partition("=")[0])


@pytest.fixture
def many(app, approve, clock):
    """10,000 Grants and one; three to each instant, every tenth of another scope."""
    model = approve(modified=clock.now() - timedelta(days=1))
    with app.app_context(), transaction() as session:
        row = session.get_one(GrantRow, model.grant_id)
        plain = {column.key: getattr(row, column.key) for column in GrantRow.__table__.columns}
        rows = [
            {
                **plain,
                "grant_id": f"grant-{secrets.token_hex(12)}",
                "modified": clock.now() + timedelta(seconds=n // 3),
                "parent_id": None if n % 100 else model.grant_id,
                "states": [f"state-{n % 10}"],
            }
            for n in range(10_000)
        ]
        session.execute(insert(GrantRow), rows)
    return model


def statements(app, read):
    """What `read` gives, and how many statements it took."""
    with app.app_context():
        engine = db.engine
    seen = []

    def note(*given):
        seen.append(given[2])

    event.listen(engine, "before_cursor_execute", note)
    try:
        return read(), len(seen)
    finally:
        event.remove(engine, "before_cursor_execute", note)


@requirement("WG1-02-8.5-02", "WG1-02-8.5-03", "WG1-02-8.5-04", "WG1-02-8.5-05", "WG1-02-8.5-16")
@pytest.mark.slow
def test_a_long_listing_is_paged_both_ways_and_loses_nothing(app, party, many, settings):
    """101 pages, each as cheap as the first; the ids break ties, and filters travel along."""

    def follow(url):
        return party.http.get(url.removeprefix(settings.base_url), headers=party.bearer).json

    page, cost = statements(app, lambda: follow(f"/grants?statuses=active&client_ids={party.app.client_id}"))
    pages, costs = [page], {cost}
    while pages[-1]["next"]:
        page, cost = statements(app, lambda: follow(pages[-1]["next"]))
        pages.append(page)
        costs.add(cost)

    keys = [(each["modified"], each["grant_id"]) for page in pages for each in page["grants"]]
    assert [len(page["grants"]) for page in pages] == [100] * 100 + [1]
    assert keys == sorted(keys, reverse=True)
    assert len(set(keys)) == 10_001
    # The token, the page, twice what stands around its Grants, and on SQLite the frame of a transaction.
    assert len(costs) == 1
    assert costs.pop() <= 6
    assert (pages[0]["previous"], pages[-1]["next"]) == (None, None)
    assert follow(pages[1]["previous"]) == pages[0]
    assert follow(pages[100]["previous"])["grants"] == pages[99]["grants"]
    assert "statuses=active" in pages[0]["next"]
    assert len(pages[-1]["grants"][0]["children"]) == 100


@pytest.mark.slow
@requirement("WG1-02-8.5-15")
def test_a_few_of_many_are_found(party, many):
    """Filters reach the whole list, not a page of it."""
    query = {"parents": many.grant_id, "states": "state-0"}

    listing = party.http.get("/grants", query_string=query, headers=party.bearer).json

    assert (len(listing["grants"]), listing["next"]) == (100, None)
