"""Download my data: the Customer's own usage as a file, without a Grant."""

import csv
import io
from datetime import UTC, datetime

import pytest

from cdsc_server.storage.audit import AuditRow
from cdsc_server.storage.db import transaction
from tests.factories import customer_data, people
from tests.support import espi

PAGE = "/my-data/download"
JANUARY = datetime(2026, 1, 1, 5, tzinfo=UTC)


@pytest.fixture
def ada(app, clock, visitor):
    """Ada is signed in; shop 1 has an hour in January and one in February, shop 2 has another, Bo has his own."""
    with app.app_context(), transaction() as session:
        people.baker(session, at=clock.now(), contracts=2)
        people.baker(session, at=clock.now(), customer_id="bo", contracts=1)
        for customer, meter, start, value in (
            ("ada", "m1", JANUARY, "1.10"),
            ("ada", "m1", JANUARY.replace(month=2), "2.20"),
            ("ada", "m2", JANUARY, "3.30"),
            ("bo", "m1", JANUARY, "9.99"),
        ):
            row = customer_data.series(session, f"{customer}-{meter}", customer, meter_device_id=meter)
            customer_data.readings(session, row, start, [value])
    visitor.sign_in()


def send(visitor, **changes):
    """Send the form as it was loaded but for these values; gives the answer."""
    visitor.load(PAGE)
    loaded = visitor.form_to(PAGE)
    values = {"form_token": loaded.values("form_token"), "service": loaded.values("service"), "form": ["csv"]}
    answer = visitor.client.post(PAGE, data={**values, **changes})
    answer.get_data()
    return answer


def values(answer):
    return sorted(row["value"] for row in csv.DictReader(io.StringIO(answer.get_data(as_text=True), newline="")))


def test_a_customer_gets_all_of_their_own_and_is_told_of_it(ada, visitor, clock):
    answer = send(visitor)

    assert values(answer) == ["1.10", "2.20", "3.30"]
    assert answer.headers["Content-Disposition"] == 'attachment; filename="usage-2026-03-01.csv"'
    assert answer.headers["Cache-Control"] == "no-store"
    visitor.load(PAGE)
    assert "You downloaded this: A table (CSV), all services" in visitor.text


def test_only_the_chosen_service_and_days_are_in_the_file(ada, visitor, stored):
    """Days are those of the utility: 5 in the morning UTC is midnight in New York."""
    answer = send(visitor, service=["shop0001"], first="2026-01-01", last="2026-01-01")

    assert values(answer) == ["1.10"]
    (noted,) = stored(AuditRow)
    assert (noted.actor, noted.action, noted.subject) == ("customer", "usage.downloaded", "customer:ada")
    assert noted.detail == {"form": "csv", "services": 1, "first": "2026-01-01", "last": "2026-01-01"}


def test_the_other_kinds_of_file(ada, visitor):
    feed = espi.valid(send(visitor, form="green_button").data)

    assert sorted(espi.texts(feed, "value")) == ["110", "220", "330"]
    assert send(visitor, form="parquet").data[:4] == b"PAR1"


def test_services_of_somebody_else_find_nothing(app, ada, visitor, stored):
    """An id that a stranger guessed is as good as none."""
    with app.app_context(), transaction() as session:
        session.add(customer_data.contract("bos-secret", "a1", "bo"))
    answer = send(visitor, service=["bos-secret"])

    assert answer.status_code == 400
    assert "Choose at least one service" in answer.text
    assert stored(AuditRow) == []


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"service": []}, "Choose at least one service"),
        ({"first": "2026-02-02", "last": "2026-02-01"}, "The last day must not lie before the first day"),
        ({"first": "1 Feb"}, "A day is written like 2026-03-31"),
        ({"form": "exe"}, "Choose a kind of file"),
    ],
)
def test_what_makes_no_file_is_told_on_the_page(ada, visitor, stored, changes, why):
    answer = send(visitor, **changes)

    assert answer.status_code == 400
    assert why in answer.text
    assert stored(AuditRow) == []


def test_a_time_without_readings_is_no_empty_file(ada, visitor, stored):
    answer = send(visitor, first="2020-01-01", last="2020-01-31")

    assert "We have no readings for these services in this time." in answer.text
    assert stored(AuditRow) == []


def test_who_signed_in_a_while_ago_signs_in_once_more(ada, visitor, clock, stored):
    """Whoever finds an open browser reads pages, but takes no file with them."""
    token = visitor.load(PAGE) and visitor.form_to(PAGE).values("form_token")
    for _ in range(2):
        clock.advance(minutes=9)
        visitor.load("/my-data")
    answer = visitor.client.post(PAGE, data={"form_token": token, "form": "csv", "service": ["shop0001"]})

    assert (answer.status_code, answer.location) == (303, f"/sign-in?next={PAGE}")
    visitor.load(PAGE)
    assert "Sign in once more to download your data" in visitor.text
    assert stored(AuditRow) == []


def test_a_stranger_and_another_site_get_nothing(ada, visitor, client, stored):
    assert visitor.client.post(PAGE, data={"form": "csv"}).status_code == 403
    visitor.client.delete_cookie("cdsc_session")

    assert visitor.client.get(PAGE).location == f"/sign-in?next={PAGE}"
    assert stored(AuditRow) == []
