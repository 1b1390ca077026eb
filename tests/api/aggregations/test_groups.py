"""Groups as operators define them: members over time, parts, and who may know of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from cdsc_server.errors import Conflict, InvalidConfiguration, NotFound
from cdsc_server.services import aggregations
from cdsc_server.storage import aggregations as store
from cdsc_server.storage.aggregations import AggregationRow
from cdsc_server.storage.audit import AuditRow
from cdsc_server.storage.db import reading, transaction
from tests.factories import access, groups
from tests.factories import customer_data as make


@pytest.fixture
def house(app):
    """Three flats of fictional Customers and one of a real one, in the same building."""
    with app.app_context(), transaction() as session:
        for name in ("ann", "ben", "cleo"):
            groups.flat(session, name)
        groups.flat(session, "real", is_test=False)


def customers(app, number, *, at):
    with app.app_context(), reading() as session:
        row = store.find_aggregation(session, number)
        return sorted(store.customers_of(session, row.aggregation_id, at=at))


def test_a_group_has_whoever_fits_and_is_of_its_kind(app, house, define, clock):
    """Fictional and real Customers never stand in one group."""
    (made,) = define(groups.building())
    (real,) = define(groups.building("B-18"), is_test=False)

    assert (made.customers, made.parts, real.customers) == (3, 0, 1)
    assert customers(app, "B-17", at=clock.now()) == ["ann", "ben", "cleo"]
    assert customers(app, "B-18", at=clock.now()) == ["real"]


def test_the_same_number_means_the_same_group(app, house, define, clock):
    """Another definition takes the place of the first; one of the other kind of Customers does not."""
    (first,) = define(groups.building())
    (again,) = define(groups.building(name="Mill Tower"))

    with pytest.raises(Conflict):
        define(groups.building(), is_test=False)

    assert (again.aggregation_id, again.name) == (first.aggregation_id, "Mill Tower")
    assert customers(app, "B-17", at=clock.now()) == ["ann", "ben", "cleo"]


def test_of_several_definitions_all_are_made_or_none(app, house, define):
    """A fault in one keeps the others out too, and is told with its number."""
    with pytest.raises(InvalidConfiguration) as refused:
        define(groups.building(), groups.building("B-18", types=("building",)), groups.building())

    assert {fault.partition(":")[0] for fault in refused.value.faults} == {"B-17", "B-18"}
    with app.app_context(), reading() as session:
        assert session.scalar(select(func.count()).select_from(AggregationRow)) == 0


def test_members_come_and_go_and_the_past_keeps_them(app, house, define, clock):
    """Who moved in counts from the next look on; who left is still there as of before."""
    define(groups.building())
    before = clock.now()
    with app.app_context(), transaction() as session:
        groups.flat(session, "dora")
        gone = session.scalars(select(make.ServicePointRow).where(make.ServicePointRow.service_point_id == "ann")).one()
        gone.premises = []
    clock.advance(timedelta(hours=1))

    with app.app_context():
        changed = aggregations.refresh(country="US", clock=clock)
        unchanged = aggregations.refresh(country="US", clock=clock)

    assert (changed, unchanged) == (1, 0)
    assert customers(app, "B-17", at=clock.now()) == ["ben", "cleo", "dora"]
    assert customers(app, "B-17", at=before) == ["ann", "ben", "cleo"]


def test_a_large_group_is_cut_and_grows_and_shrinks(app, define, clock):
    """A part that is needed no more is empty, and comes back when it is."""
    with app.app_context(), transaction() as session:
        for number in range(101):
            groups.flat(session, f"c{number:03}")
    chosen = groups.building(types=("confidential", "meter_number"), addresses=(),
                             lists={"meter_number": frozenset(f"M-c{number:03}" for number in range(101))})  # fmt: skip

    (made,) = define(chosen)
    fewer = groups.building(types=chosen.types, lists={"meter_number": frozenset({"M-c000", "M-c001"})}, addresses=())
    clock.advance(timedelta(hours=1))
    (less,) = define(fewer)
    clock.advance(timedelta(hours=1))
    (more,) = define(chosen)

    assert [made.parts, less.parts, more.parts] == [2, 0, 2]
    with app.app_context(), reading() as session:
        assert len(store.parts_of(session, made.aggregation_id)) == 2


def test_a_confidential_group_is_opened_and_closed_for_a_registration(app, house, define, clock):
    """Each once, with an entry in the trail; who is not there is told so."""
    define(groups.building())
    with app.app_context(), transaction() as session:
        session.add(access.registration(at=clock.now()))
    with app.app_context():
        opened = [aggregations.open_for("B-17", "reg", actor="ops", clock=clock) for _ in range(2)]
        closed = [aggregations.close_for("B-17", "reg", actor="ops", clock=clock) for _ in range(2)]
        with pytest.raises(NotFound):
            aggregations.open_for("B-99", "reg", actor="ops", clock=clock)
        with pytest.raises(NotFound):
            aggregations.open_for("B-17", "nobody", actor="ops", clock=clock)
        with reading() as session:
            noted = sorted(session.scalars(select(AuditRow.action)))

    assert (opened, closed) == ([True, False], [True, False])
    assert noted == ["aggregation.closed", "aggregation.defined", "aggregation.opened"]
