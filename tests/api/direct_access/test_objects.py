"""Objects under direct Grants: whose, which, and with what of them. CDS-WG3-01 6.2, 7.1, 7.2."""

from datetime import UTC, datetime

import pytest

from cdsc_server.domain.direct_access import Reach
from cdsc_server.errors import Conflict, InvalidRequest, NotFound
from cdsc_server.services import direct_access
from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.audit import AuditRow
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.customers import CustomerRow, customer_key_of
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.web.context import mailing
from tests.factories import customer_data
from tests.support import requirement

LISTS = {
    "query_accounts": ("/cds/accounts", "accounts", "cds_account_id"),
    "query_service_contracts": ("/cds/service_contracts", "service_contracts", "cds_servicecontract_id"),
    "query_service_points": ("/cds/service_points", "service_points", "cds_servicepoint_id"),
    "query_meter_devices": ("/cds/meter_devices", "meter_devices", "cds_meterdevice_id"),
}
ADAS = {
    "query_accounts": ["family", "home"],
    "query_service_contracts": ["house", "shop"],
    "query_service_points": ["house-sp", "shop-sp"],
    "query_meter_devices": ["m-house", "m-old", "m-shop"],
}
BOBS = {
    "query_accounts": ["bobs"],
    "query_service_contracts": ["bobs-contract"],
    "query_service_points": ["bobs-sp"],
    "query_meter_devices": ["bobs-meter"],
}


@pytest.fixture
def ids(get):
    """The ids a scope's listing gives with a token."""

    def listed(scope_id, token, **query):
        path, name, member = LISTS[scope_id]
        return sorted(each[member] for each in get(path, token, **query)[name])

    return listed


@pytest.fixture
def abroad(app, home):
    """Bob lives in a street with a letter that is no ASCII."""
    with app.app_context(), transaction() as session:
        session.get(AccountRow, (customer_key_of("bob"), "bobs")).address = "Hauptstraße 7"


@requirement("WG3-01-6.2.1-04", "WG3-01-6.2.2-05", "WG3-01-6.2.3-04", "WG3-01-6.2.4-04", "WG3-01-7.2-01")
@pytest.mark.parametrize("scope_id", LISTS)
def test_a_scope_lists_the_objects_of_those_who_are_permitted(direct, ids, scope_id):
    """Without asking for any include field; of others nothing."""
    direct.permit("ada")
    token = direct.token(scope_id)

    assert ids(scope_id, token) == ADAS[scope_id]


@requirement("WG3-01-6.2.2-04")
def test_contracts_bring_their_accounts(direct, ids):
    direct.permit("ada")

    assert ids("query_accounts", direct.token("query_service_contracts")) == ["family", "home"]


@pytest.mark.parametrize("scope_id", LISTS)
def test_who_is_permitted_one_account_sees_what_hangs_on_it(direct, ids, scope_id, app):
    """Its parent is another Account, and stays out of sight."""
    with app.app_context(), transaction() as session:
        session.add(customer_data.contract("cabin", "family"))
    direct.permit("ada", "home")
    token = direct.token(scope_id)

    assert ids(scope_id, token) == [each for each in ADAS[scope_id] if each != "family"]


def test_a_parent_that_may_not_be_told_is_null(direct, get):
    direct.permit("ada", "home")

    [account] = get("/cds/accounts", direct.token("query_accounts"))["accounts"]
    assert account["cds_account_parent"] is None


@pytest.mark.parametrize(("reach", "seen"), [(Reach.CUSTOMERS, BOBS), (Reach.TEST_CUSTOMERS, ADAS)])
def test_everybody_is_all_that_are_real_or_all_that_are_made_up(app, direct, ids, reach, seen):
    with app.app_context(), transaction() as session:
        session.get(CustomerRow, "bob").is_test = False
        session.get(ClientRow, direct.own.client_id).status = "production"
    direct.reach(reach)

    assert {scope_id: ids(scope_id, direct.token(scope_id)) for scope_id in LISTS} == seen


def test_in_the_sandbox_nobody_real_can_be_permitted(app, direct):
    with app.app_context(), transaction() as session:
        session.get(CustomerRow, "bob").is_test = False

    with pytest.raises(Conflict, match="fictional Customers only"):
        direct.permit("bob")
    with pytest.raises(Conflict, match="fictional Customers only"):
        direct.reach(Reach.CUSTOMERS)

    assert direct.ask({"type": "query_accounts"}).json["error"] == "unauthorized_client"


def test_what_is_permitted_later_is_seen_by_the_token_there_is_and_what_is_taken_back_is_not(direct, ids):
    direct.permit("ada")
    token = direct.token("query_accounts")
    direct.permit("bob")
    assert ids("query_accounts", token) == ["bobs", "family", "home"]

    direct.forbid("ada")

    assert ids("query_accounts", token) == ["bobs"]


@requirement("WG3-01-6.2-02")
@pytest.mark.parametrize(
    ("scope_id", "only", "seen"),
    [
        ("query_accounts", {"account_numbers": ["A-home"]}, ["home"]),
        ("query_accounts", {"account_numbers": ["A-home", "A-bobs"]}, ["bobs", "home"]),
        ("query_accounts", {"account_numbers": ["a-home"]}, []),
        ("query_service_contracts", {"account_numbers": ["A-bobs"]}, ["bobs-contract"]),
        ("query_service_contracts", {"contract_numbers": ["C-shop"]}, ["shop"]),
        ("query_service_contracts", {"service_types": ["natural_gas", "water"]}, ["shop"]),
        ("query_service_points", {"contract_numbers": ["C-shop"]}, ["shop-sp"]),
        ("query_service_points", {"servicepoint_numbers": ["SP-house-sp"]}, ["house-sp"]),
        ("query_meter_devices", {"account_numbers": ["A-bobs"]}, ["bobs-meter"]),
        ("query_meter_devices", {"contract_numbers": ["C-house"]}, ["m-house", "m-old"]),
        ("query_meter_devices", {"servicepoint_numbers": ["SP-shop-sp"]}, ["m-shop"]),
        ("query_meter_devices", {"meter_numbers": ["M-m-old", "M-nobody"]}, ["m-old"]),
    ],
)
def test_preselection_filters_answers_and_what_hangs_on_them(direct, ids, scope_id, only, seen):
    direct.permit("ada")
    direct.permit("bob")

    assert ids(scope_id, direct.token(scope_id, **only)) == seen


@requirement("WG3-01-7.2-02", "WG3-01-7.2.1-07")
@pytest.mark.parametrize("scope_id", LISTS)
def test_a_scope_opens_no_other_listing_by_itself(direct, client, scope_id):
    direct.permit("ada")
    headers = {"Authorization": f"Bearer {direct.token(scope_id)}"}
    open_to = {scope_id: 200, **({"query_accounts": 200} if scope_id == "query_service_contracts" else {})}
    if scope_id == "query_meter_devices":
        open_to["query_service_points"] = 200  # a default of the catalogue that ships

    found = {each: client.get(path, headers=headers).status_code for each, (path, _, _) in LISTS.items()}
    assert found == {each: open_to.get(each, 403) for each in LISTS}


@pytest.mark.parametrize(
    ("scope_id", "query", "seen"),
    [
        ("query_accounts", {"account_numbers": "A-bobs A-nobody"}, ["bobs"]),
        ("query_accounts", {"cds_account_ids": "home bobs"}, ["bobs", "home"]),
        ("query_accounts", {"q": "HOME STREET"}, ["home"]),
        ("query_accounts", {"q": "straße"}, ["bobs"]),
        ("query_accounts", {"q": "STRASSE"}, ["bobs"]),
        ("query_accounts", {"q": "rooftop"}, []),
        ("query_service_contracts", {"contract_statuses": "stopped"}, ["shop"]),
        ("query_service_contracts", {"service_types": "natural_gas"}, ["shop"]),
        ("query_service_contracts", {"q": "rate of shop"}, ["shop"]),
        ("query_service_points", {"servicepoint_numbers": "SP-bobs-sp"}, ["bobs-sp"]),
        ("query_service_points", {"q": "house-SP street"}, ["house-sp"]),
        ("query_meter_devices", {"meter_number": "M-m-old"}, ["m-old"]),
        ("query_meter_devices", {"q": "m-m-"}, ["m-house", "m-old", "m-shop"]),
    ],
)
@pytest.mark.usefixtures("abroad")
def test_filters_and_searches_find_what_is_shown(direct, ids, scope_id, query, seen):
    """Whatever the case of a letter, which the databases see in ways of their own."""
    direct.permit("ada")
    direct.permit("bob")

    assert ids(scope_id, direct.token(scope_id), **query) == seen


@pytest.mark.parametrize(
    ("scope_id", "query"),
    [
        ("query_accounts", {"account_numbers": "A-home"}),
        ("query_accounts", {"customer_numbers": "K-home"}),
        ("query_accounts", {"q": "home street"}),
        ("query_service_contracts", {"contract_numbers": "C-house"}),
        ("query_service_contracts", {"account_numbers": "A-home"}),
        ("query_service_contracts", {"q": "rate of house"}),
    ],
)
def test_a_filter_finds_nothing_by_what_is_closed(direct, ids, scope_id, query):
    direct.permit("ada")
    closed = ["include_account_numbers", "include_account_details"]
    if scope_id == "query_service_contracts":
        closed += ["include_contract_numbers", "include_rate_plans"]
    token = direct.token(scope_id, **dict.fromkeys(closed, False))

    assert ids(scope_id, token, **query) == []


@pytest.mark.parametrize("scope_id", LISTS)
def test_the_number_of_statements_does_not_grow_with_the_customers(app, direct, get, statements, scope_id):
    """The token, who is named, the page, and its relations."""
    make = customer_data
    direct.permit("ada")
    token = direct.token(scope_id, **({"include_service_points": True} if "meter" in scope_id else {}))
    for n in range(30):
        with app.app_context(), transaction() as session:
            session.add(make.customer(f"c{n}"))
            session.flush()
            session.add_all([make.account(f"a{n}", f"c{n}"), make.contract(f"k{n}", f"a{n}", f"c{n}")])
            session.add_all([make.service_point(f"s{n}", f"c{n}"), make.served(f"s{n}", f"k{n}", f"c{n}")])
            session.add_all([make.meter(f"m{n}", f"c{n}"), make.installed(f"m{n}", f"s{n}", f"c{n}")])
        direct.permit(f"c{n}")
    path, name, _ = LISTS[scope_id]

    found = {}
    asked = statements(lambda: found.update(get(path, token)))
    reads = [each for each in asked if each.lstrip().upper().startswith(("SELECT", "WITH"))]
    assert len(found[name]) == 30 + len(ADAS[scope_id])
    assert len(reads) <= 4, reads


def test_pages_neither_lose_nor_repeat(app, direct, client):
    """Of 250 contracts of 50 Customers, all of them changed at the same time."""
    make = customer_data
    with app.app_context(), transaction() as session:
        session.add_all([make.customer(f"c{n}") for n in range(50)])
        session.flush()
        session.add_all([make.account(f"a{n}", f"c{n}") for n in range(50)])
        session.add_all([make.contract(f"k{n}-{m}", f"a{n}", f"c{n}") for n in range(50) for m in range(5)])
    direct.reach(Reach.TEST_CUSTOMERS)
    headers = {"Authorization": f"Bearer {direct.token('query_service_contracts')}"}

    def pages(address, direction):
        seen = []
        while address:
            page = client.get(address, headers=headers).json
            seen.append([each["cds_servicecontract_id"] for each in page["service_contracts"]])
            last, address = address, page[direction]
        return seen, last

    forward, last = pages("/cds/service_contracts", "next")
    backward, _ = pages(last, "previous")

    assert [len(page) for page in forward] == [100, 100, 53]
    assert len({each for page in forward for each in page}) == 253
    assert backward == forward[::-1]


@requirement("WG3-01-6.2-05")
def test_a_search_that_looks_at_too_much_is_refused(app, direct, get, monkeypatch):
    monkeypatch.setattr("cdsc_server.services.direct_objects.MOST_LOOKED_AT", 101)
    make = customer_data
    with app.app_context(), transaction() as session:
        session.add_all([make.contract(f"k{n}", "home") for n in range(150)])
    direct.permit("ada")
    token = direct.token("query_service_contracts")

    assert "name ids or numbers" in str(get("/cds/service_contracts", token, status=400, service_types="water"))
    assert len(get("/cds/service_contracts", token)["service_contracts"]) == 100


@pytest.mark.parametrize(
    ("do", "refusal"),
    [
        (lambda direct: direct.permit("nobody"), InvalidRequest),
        (lambda direct: direct.permit("ada", "bobs"), InvalidRequest),
        (lambda direct: direct.permit("ada"), Conflict),
        (lambda direct: direct.forbid("bob"), NotFound),
        (lambda direct: direct.forbid("ada", "home"), NotFound),
    ],
)
def test_what_an_operator_cannot_permit_changes_nothing(app, direct, ids, do, refusal):
    direct.permit("ada")
    with app.app_context(), reading() as session:
        before = session.query(AuditRow).count()

    with pytest.raises(refusal):
        do(direct)

    with app.app_context(), reading() as session:
        assert session.query(AuditRow).count() == before
    with app.app_context():
        named = direct_access.permitted(direct.own.client_id).named
    assert [(row.customer_id, row.account_id) for row in named] == [("ada", "")]


def test_a_client_object_that_asks_customers_is_permitted_nothing(app, direct, catalogue, clock):
    common = {"reason": "Why not", "actor": "test", "catalogue": catalogue, "clock": clock}

    with app.app_context(), pytest.raises(Conflict):
        direct_access.permit(direct.party.app.client_id, "ada", None, mailing=mailing(), **common)


def test_what_an_operator_permits_is_on_the_audit_trail(app, direct):
    direct.permit("ada", "home")
    direct.forbid("ada", "home")
    direct.reach(Reach.TEST_CUSTOMERS)

    with app.app_context(), reading() as session:
        rows = session.query(AuditRow).order_by(AuditRow.at, AuditRow.entry_id).all()
    mine = {row.action: row.detail for row in rows if row.subject == f"client:{direct.own.client_id}"}
    assert mine.keys() == {"client.permitted", "client.forbidden", "client.reach_set"}
    assert (mine["client.permitted"]["customer"], mine["client.permitted"]["account"]) == ("ada", "home")
    assert (mine["client.reach_set"]["before"], mine["client.reach_set"]["after"]) == ("named", "test_customers")


@requirement("WG3-01-7.3.1-06")
def test_a_grant_that_froze_shows_objects_as_they_were(app, direct, get, clock):
    """A filter finds them by what they were called then."""
    direct.permit("ada")
    frozen = {"sync_until": "2026-03-05T00:00:00Z"}
    direct.token("query_service_contracts", include_account_numbers=True, **frozen)
    clock.set(datetime(2026, 3, 10, tzinfo=UTC))
    with app.app_context(), transaction() as session:
        contract = session.get(ServiceContractRow, (customer_key_of("ada"), "house"))
        contract.contract_number, contract.modified = "C-new", clock.now()
        account = session.get(AccountRow, (customer_key_of("ada"), "home"))
        account.account_number, account.modified = "A-new", clock.now()

    def numbers(asked, **fields):
        token = direct.token("query_service_contracts", include_account_numbers=True, **fields)
        contracts = get("/cds/service_contracts", token, contract_numbers=asked)["service_contracts"]
        return [(each["contract_number"], each["account_number"]) for each in contracts]

    assert (numbers("C-house", **frozen), numbers("C-new", **frozen)) == ([("C-house", "A-home")], [])
    assert (numbers("C-house"), numbers("C-new")) == ([], [("C-new", "A-new")])


@requirement("WG3-01-7.3.1-06")
def test_pages_of_a_grant_that_froze_neither_lose_nor_repeat(app, direct, client, clock):
    """Objects stand where they stand now, each once, with what they had then; some changed since, and some are new."""
    make = customer_data
    with app.app_context(), transaction() as session:
        session.add_all([make.contract(f"k{n:03}", "home") for n in range(248)])
    direct.permit("ada")
    frozen = {"sync_until": "2026-03-05T00:00:00Z"}
    direct.token("query_service_contracts", **frozen)
    clock.set(datetime(2026, 3, 10, tzinfo=UTC))
    with app.app_context(), transaction() as session:
        session.add_all([make.contract(f"new{n}", "home", created=clock.now()) for n in range(5)])
        for n in range(0, 248, 7):
            row = session.get_one(ServiceContractRow, (customer_key_of("ada"), f"k{n:03}"))
            row.status, row.modified = "closed", clock.advance(minutes=n % 3)
    headers = {"Authorization": f"Bearer {direct.token('query_service_contracts', **frozen)}"}

    def pages(address, direction):
        seen = []
        while address:
            page = client.get(address, headers=headers).json
            seen.append(
                [(each["cds_servicecontract_id"], each["contract_status"]) for each in page["service_contracts"]]
            )
            last, address = address, page[direction]
        return seen, last

    forward, last = pages("/cds/service_contracts", "next")
    backward, _ = pages(last, "previous")

    each = [one for page in forward for one in page]
    assert [len(page) for page in forward] == [100, 100, 50]
    assert sorted(each) == sorted(
        [("house", "active"), ("shop", "stopped"), *((f"k{n:03}", "active") for n in range(248))]
    )
    assert backward == forward[::-1]
