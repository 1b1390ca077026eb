"""The console: who gets in, what waits, what is decided, and what is written down."""

import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from cdsc_server.services import operator_sign_in, operators
from cdsc_server.storage.db import transaction
from cdsc_server.storage.messages import MessageRow
from cdsc_server.storage.operators import OperatorSessionRow
from cdsc_server.web.bearer import access_of
from tests.api.console.conftest import PASSWORD
from tests.factories import people
from tests.factories.messages import attachment
from tests.support.pages import Visitor
from tests.support.statements import plan_of, statements_of


def test_nobody_gets_in_without_signing_in(client):
    answer = client.get("/console/clients?q=x")

    assert answer.status_code == 303
    assert answer.location == "/console/sign-in?next=/console/clients?q%3Dx"


def test_an_operator_signs_in_and_out(hire):
    desk = hire("reviewer")
    assert "What waits for us" in desk.text

    desk.press(n=0)
    assert "Sign in to the console" in desk.load("/console").get_data(as_text=True)


def test_the_cookie_goes_to_the_console_only(client):
    cookie = client.get("/console/sign-in").headers["Set-Cookie"]

    assert cookie.startswith("cdsc_console=")
    assert "Path=/console" in cookie
    assert "SameSite=Strict" in cookie
    assert "HttpOnly" in cookie


def test_the_cookie_of_a_customer_opens_nothing_here(app, client, clock):
    """Not even under the name of the cookie of the console."""
    with app.app_context(), transaction() as session:
        people.baker(session, at=clock.now())
    visitor = Visitor(client)
    visitor.load("/sign-in")
    visitor.sign_in()
    secret = client.get_cookie("cdsc_session").value
    client.set_cookie("cdsc_console", secret, path="/console")

    assert client.get("/console").status_code == 303


def test_the_cookie_of_an_operator_opens_nothing_of_a_customer(hire):
    desk = hire("admin")
    secret = desk.client.get_cookie("cdsc_console", path="/console").value
    desk.client.set_cookie("cdsc_session", secret)

    assert desk.client.get("/my-data").status_code == 303


@pytest.mark.parametrize(("name", "word"), [("olga@dge.example", "wrong"), ("nobody@dge.example", PASSWORD)])
def test_a_wrong_name_and_a_wrong_password_look_the_same(hire, name, word):
    desk = hire("reviewer", sign_in=False)
    answer = desk.press(username=name, password=word)

    assert answer.status_code == 403
    assert "Username or password: they do not fit" in answer.get_data(as_text=True)
    assert desk.client.get("/console").status_code == 303


def test_guessing_has_to_wait(hire):
    desk = hire("reviewer", sign_in=False)
    for _ in range(3):
        assert desk.press(username="olga@dge.example", password="wrong").status_code == 403
    answer = desk.press(username="olga@dge.example", password=PASSWORD)

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "60"


@pytest.mark.parametrize("what", ["disable_operator", "change_password"])
def test_who_is_disabled_or_has_a_new_password_is_out_at_once(app, hire, clock, what):
    desk = hire("reviewer")
    more = ("another long password",) if what == "change_password" else ()
    with app.app_context():
        getattr(operators, what)("olga@dge.example", *more, actor="command line", clock=clock)

    assert desk.client.get("/console").status_code == 303
    desk.load("/console/sign-in")
    assert desk.press(username="olga@dge.example", password=PASSWORD).status_code == 403


@pytest.mark.parametrize("what", ["disable_operator", "change_password"])
def test_a_change_while_the_password_is_looked_at_is_not_overtaken(hire, clock, monkeypatch, rows_of, what):
    desk = hire("reviewer", sign_in=False)
    more = ("another long password",) if what == "change_password" else ()

    def slowly(*_):
        getattr(operators, what)("olga@dge.example", *more, actor="command line", clock=clock)
        return True

    monkeypatch.setattr(operator_sign_in, "password_fits", slowly)

    assert desk.press(username="olga@dge.example", password=PASSWORD).status_code == 403
    assert [row.username for row in rows_of(OperatorSessionRow)] == [None]


def test_a_session_ends_when_no_page_is_asked_for(hire, clock):
    desk = hire("reviewer")
    clock.advance(minutes=9)
    assert desk.client.get("/console").status_code == 200
    clock.advance(minutes=11)

    assert desk.client.get("/console").status_code == 303
    assert "You were away for too long" in desk.load("/console").get_data(as_text=True)


def test_a_session_ends_after_a_working_day(hire, clock):
    desk = hire("reviewer")
    for _ in range(80):
        clock.advance(minutes=9)
        desk.client.get("/console")

    assert desk.client.get("/console").status_code == 303


@pytest.mark.parametrize(
    "away", ["//evil.example/", "https://evil.example/", "/my-data", "/console\\evil", "/consoles"]
)
def test_the_way_on_stays_in_the_console(hire, away):
    desk = hire("reviewer", sign_in=False)
    desk.load("/console/sign-in", query_string={"next": away})

    assert desk.press(username="olga@dge.example", password=PASSWORD).location == "/console"


def test_pages_allow_no_script_no_frame_no_copy_and_no_form_elsewhere(client):
    headers = client.get("/console/sign-in").headers

    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Content-Security-Policy"].endswith("form-action 'self'")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"


DOORS = [
    ("/console/messages/{message}/decision", {"decision": "accept", "reason": "Yes."}, {"reviewer"}),
    ("/console/messages/{message}/reply", {"text": "Which meters?"}, {"reviewer", "support"}),
    ("/console/messages/{message}/again", {"why": "Again."}, {"reviewer"}),
    ("/console/grants/{grant}", {"do": "suspend", "reason": "Complaint."}, {"reviewer"}),
]


@pytest.mark.usefixtures("stored_grant")
@pytest.mark.parametrize("role", ["reviewer", "support", "auditor"])
@pytest.mark.parametrize("door", DOORS)
def test_every_action_asks_for_its_role(hire, box, seen, role, door):
    path, fields, open_to = door
    message = box.posted("support_request")
    desk = hire(role)
    answer = desk.act(path.format(message=message["message_id"], grant="grant-1"), **fields)

    assert (answer.status_code == 403) == (role not in open_to)
    if role not in open_to:
        assert box.get(message)["status"] == "pending"
        assert seen() == ("active", [])


@pytest.mark.usefixtures("stored_grant")
@pytest.mark.parametrize("token", ["", "x"])
@pytest.mark.parametrize("door", DOORS)
def test_a_form_needs_the_secret_of_its_page(hire, box, seen, door, token):
    path, fields, _ = door
    message = box.posted("support_request")
    desk = hire("admin")
    address = path.format(message=message["message_id"], grant="grant-1")
    answer = desk.client.post(address, data={**fields, "form_token": token})

    assert answer.status_code == 403
    assert (box.get(message)["status"], seen()) == ("pending", ("active", []))


def test_another_site_cannot_send_a_form(hire, stored_grant, grant_status):
    desk = hire("admin")
    token = desk.form().values("form_token")[0]
    data = {"form_token": token, "do": "suspend", "reason": "x"}
    answer = desk.client.post(f"/console/grants/{stored_grant}", data=data, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert grant_status() == "active"


@pytest.mark.parametrize(("role", "status"), [("auditor", 200), ("admin", 200), ("reviewer", 403), ("support", 403)])
def test_the_audit_trail_is_for_auditors(hire, role, status):
    assert hire(role).client.get("/console/audit").status_code == status


def test_the_queue_shows_the_longest_wait_first_and_counts_all(hire, box):
    for name in ("First", "Second", "Third"):
        box.posted("support_request", name=name)
    text = hire("support").text

    assert text.index("First") < text.index("Second") < text.index("Third")
    assert "3 wait, the longest wait first" in text


@pytest.fixture
def long_queue(app, box, clock):
    """10,000 questions that wait, and as many that are answered; the longest wait first."""
    model = box.posted("support_request")
    with app.app_context(), transaction() as session:
        table = MessageRow.__table__
        plain = session.execute(select(table).where(table.c.message_id == model["message_id"])).one()._asdict()
        rows = [
            {
                **plain,
                "message_id": secrets.token_hex(12),
                "name": f"Question {n:05}",
                "status": status,
                "modified": clock.now() + timedelta(seconds=n),
            }
            for n in range(10_000)
            for status in ("pending", "complete")
        ]
        session.execute(insert(table), rows)


@pytest.mark.slow
def test_a_long_queue_is_paged_without_gaps_in_constant_queries(app, hire, long_queue):
    """10,000 wait; the longest wait comes first, and PostgreSQL walks along an index to the page."""
    desk = hire("support")

    def load(path):
        text, seen = statements_of(app, lambda: desk.load(path).get_data(as_text=True))
        link = text.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
        return text, link.replace("&amp;", "&"), seen

    pages, costs, place = [], [], "/console"
    for _ in range(10):
        text, place, seen = load(place)
        pages.append(text)
        costs.append(len(seen))

    assert "10001 wait" in pages[0]
    assert re.findall(r"Question (\d+)", "".join(pages)) == [f"{n:05}" for n in range(249)]
    assert set(costs) == {costs[0]}
    assert costs[0] <= 12
    if "postgresql" in app.config["SQLALCHEMY_DATABASE_URI"]:
        plan = plan_of(app, next(each for each in seen if "LIMIT" in each.text and "messages" in each.text))
        assert "Index" in plan, plan
        assert "Seq Scan on messages" not in plan, plan


def test_a_question_is_answered_and_closed(hire, box, trail):
    message = box.posted("support_request")
    address = f"/console/messages/{message['message_id']}"
    desk = hire("reviewer")
    desk.load(address)
    answer = desk.act(f"{address}/decision", decision="accept", answer="yes", reason="Meters are read at night.")

    assert answer.location == f"{address}?done=decided"
    assert box.get(message)["status"] == "complete"
    assert box.listing()["unread"][0]["description"] == "Meters are read at night."
    assert trail() == [("olga@dge.example", "review.accepted", f"message:{message['message_id']}")]
    assert "Nothing waits" in desk.load("/console").get_data(as_text=True)


@pytest.mark.parametrize(
    "fields",
    [{"decision": "reject"}, {"decision": "accept", "override": "yes"}, {}, {"decision": "reject", "reason": " "}],
)
def test_a_decision_without_what_it_needs_changes_nothing(hire, box, trail, fields):
    message = box.posted("production_request")
    answer = hire("reviewer").act(f"/console/messages/{message['message_id']}/decision", **fields)

    assert answer.status_code == 400
    assert "Nothing was changed" in answer.get_data(as_text=True)
    assert box.get(message)["status"] == "pending"
    assert trail() == []


def test_a_rejection_gives_the_client_its_reason(hire, box, trail):
    message = box.posted("production_request")
    address = f"/console/messages/{message['message_id']}/decision"
    assert hire("reviewer").act(address, decision="reject", reason="Your terms cannot be read.").status_code == 303

    assert box.get(message)["status"] == "rejected"
    assert "Your terms cannot be read." in [each["description"] for each in box.listing()["unread"]]
    assert trail() == [("olga@dge.example", "review.rejected", f"message:{message['message_id']}")]


def test_of_two_reviewers_at_once_one_decides_and_one_is_told(hire, box, trail):
    message = box.posted("production_request")
    address = f"/console/messages/{message['message_id']}/decision"
    desks = [hire("reviewer"), hire("reviewer", username="pavel@dge.example")]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda desk: desk.act(address, decision="reject", reason="No."), desks))

    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert len(trail()) == 1


def test_a_message_to_the_client_decides_nothing(hire, box, trail):
    message = box.posted("production_request")
    address = f"/console/messages/{message['message_id']}/reply"
    assert hire("support").act(address, text="For which meters?").status_code == 303

    assert box.get(message)["status"] == "pending"
    assert "For which meters?" in [each["description"] for each in box.listing()["unread"]]
    assert trail() == [("olga@dge.example", "message.sent", f"message:{message['message_id']}")]


def test_an_empty_message_is_not_sent(hire, box, trail):
    message, before = box.posted("private_message"), box.count()
    answer = hire("support").act(f"/console/messages/{message['message_id']}/reply", text=" ")

    assert answer.status_code == 400
    assert (box.count(), trail()) == (before, [])


def test_a_grant_is_suspended_and_restored(hire, stored_grant, grant_status, trail, clock):
    desk = hire("reviewer")
    assert desk.act(f"/console/grants/{stored_grant}", do="suspend", reason="A complaint.").status_code == 303
    assert grant_status() == "suspended"
    clock.advance(seconds=1)
    assert desk.act(f"/console/grants/{stored_grant}", do="restore", reason="Settled.").status_code == 303

    assert grant_status() == "active"
    assert trail() == [
        ("olga@dge.example", "grant.suspended", f"grant:{stored_grant}"),
        ("olga@dge.example", "grant.restored", f"grant:{stored_grant}"),
    ]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"do": "suspend", "reason": " "}, 400),
        ({"do": "restore", "reason": "It is not suspended."}, 409),
        ({"do": "delete", "reason": "x"}, 400),
    ],
)
def test_a_grant_that_cannot_be_switched_stays_as_it_is(hire, stored_grant, seen, fields, status):
    answer = hire("reviewer").act(f"/console/grants/{stored_grant}", **fields)

    assert answer.status_code == status
    assert seen() == ("active", [])


def test_the_page_of_a_client_shows_all_it_holds_but_no_secret(hire, box, stored_grant):
    message = box.posted("support_request", name="About <b>meters</b>")
    text = hire("support").load(f"/console/clients/{box.registration_id}").get_data(as_text=True)

    for shown in (box.party.app.client_id, stored_grant, message["message_id"]):
        assert shown in text
    assert "About &lt;b&gt;meters&lt;/b&gt;" in text
    assert box.party.admin.secret not in text
    assert box.party.app.secret not in text


@pytest.mark.parametrize("sought", ["bright b", "client", "grant", "registration"])
def test_a_client_is_found_by_name_and_by_every_id(hire, box, stored_grant, sought):
    given = {"client": box.party.app.client_id, "grant": stored_grant, "registration": box.registration_id}
    desk = hire("support")

    found = desk.load("/console/clients", query_string={"q": given.get(sought, sought)}).get_data(as_text=True)
    assert f"/console/clients/{box.registration_id}" in found
    assert "0 registrations" in desk.load("/console/clients?q=100%25").get_data(as_text=True)


@pytest.mark.parametrize("kind", ["grants", "messages"])
def test_the_whole_lists_of_a_client_can_be_read(hire, box, stored_grant, kind):
    message = box.posted("support_request")
    text = hire("support").load(f"/console/clients/{box.registration_id}/{kind}").get_data(as_text=True)

    assert (stored_grant if kind == "grants" else message["message_id"]) in text


@pytest.mark.parametrize("path", ["clients/x", "grants/x", "messages/x", "messages/x/files/0"])
def test_what_is_not_there_is_not_found(hire, path):
    answer = hire("admin").client.get(f"/console/{path}")

    assert answer.status_code == 404
    assert "This is not here" in answer.get_data(as_text=True)


def test_a_file_of_a_client_is_only_ever_saved(hire, box):
    message = box.posted("support_request", attachments=[attachment(b"%PDF-1.7")])
    answer = hire("support").client.get(f"/console/messages/{message['message_id']}/files/0")

    assert answer.get_data() == b"%PDF-1.7"
    assert answer.headers["Content-Disposition"] == "attachment; filename=letter.pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.mimetype == "application/octet-stream"


def test_what_was_done_can_be_read_by_subject(hire, box, stored_grant):
    desk = hire("admin")
    desk.act(f"/console/grants/{stored_grant}", do="suspend", reason="A <i>complaint</i>.")
    text = desk.load(f"/console/audit?subject=grant:{stored_grant}").get_data(as_text=True)

    assert "grant, suspended" in text
    assert "A &lt;i&gt;complaint&lt;/i&gt;." in text
    assert "operator, added" not in text
    assert "operator, added" in desk.load("/console/audit").get_data(as_text=True)


def test_signing_in_leaves_no_session_of_before(hire, rows_of):
    """A secret planted before the sign-in must open nothing afterwards."""
    hire("reviewer")

    assert [row.username for row in rows_of(OperatorSessionRow)] == ["olga@dge.example"]


def test_every_door_but_the_sign_in_is_for_operators(app):
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/console")]
    public = {rule.rule for rule in rules if access_of(app.view_functions[rule.endpoint]) != "operator"}

    assert public == {"/console/sign-in", "/console/sign-out"}
    assert len(rules) > 10
