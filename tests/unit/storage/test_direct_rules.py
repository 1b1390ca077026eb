"""Direct access in the database and in memory: two ways to say the same rules, held against each other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from cdsc_server.domain.customer_graph import CustomerGraph, Kind, Node
from cdsc_server.domain.direct_access import Permission, Reach, permitted
from cdsc_server.domain.disclosure import View, view_of
from cdsc_server.domain.grants import GrantedEntry
from cdsc_server.services.direct_objects import seen_objects
from cdsc_server.services.seen_objects import SeenObject
from cdsc_server.storage.permissions import EVERY, PermittedAccountRow
from tests.disclosure_strategies import DAYS, NOW, direct_entries, telling_graphs
from tests.factories import access, customer_data
from tests.support.requirements import requirement

CUSTOMERS = ("ada", "bob")


def store(session: Session, customer_id: str, graph: CustomerGraph) -> None:
    """The rows that a graph stands for."""
    make = customer_data

    def named(node: Node, path: str, member: str, **others: Any) -> list[dict[str, Any]]:
        return [{"id": value, member: value, "types": [], **others} for value in sorted(node.more[path])]

    for node in graph.nodes[Kind.ACCOUNT].values():
        programs = [make.program(value) for value in sorted(node.more["account_programs[].program_number"])]
        session.add(
            make.account(
                node.id,
                customer_id,
                account_number=node.number,
                parent_id=node.above,
                created=node.known,
                modified=node.known,
                programs=programs,
            )
        )
    for node in graph.nodes[Kind.SERVICE_CONTRACT].values():
        session.add(
            make.contract(
                node.id,
                str(node.above),
                customer_id,
                contract_number=node.number,
                created=node.known,
                modified=node.known,
                service_types=sorted(node.more["service_types[]"]),
                programs=[
                    make.service_program(each) for each in sorted(node.more["service_programs[].program_number"])
                ],
            )
        )
    for node in graph.nodes[Kind.SERVICE_POINT].values():
        session.add(
            make.service_point(
                node.id,
                customer_id,
                servicepoint_number=node.number,
                created=node.known,
                modified=node.known,
                types=sorted(node.more["servicepoint_types[]"]),
                premises=named(node, "premises[].premise_number", "premise_number"),
            )
        )
    for node in graph.nodes[Kind.METER_DEVICE].values():
        session.add(
            make.meter(
                node.id,
                customer_id,
                meter_number=node.number,
                created=node.known,
                modified=node.known,
                types=sorted(node.more["meter_types[]"]),
                apps=named(node, "meter_apps[].app_number", "app_number", name="App"),
            )
        )
    for link in {(each.object_id, each.service_point_id, each.start): each for each in graph.served}.values():
        session.add(make.served(link.service_point_id, link.object_id, customer_id, start=link.start, end=link.end))
    for link in {(each.object_id, each.service_point_id, each.start): each for each in graph.installed}.values():
        session.add(make.installed(link.object_id, link.service_point_id, customer_id, start=link.start, end=link.end))
    session.flush()


def once(graph: CustomerGraph) -> CustomerGraph:
    """The graph without second links that begin at the same time, of which the database keeps one."""

    def one_each(links: Sequence[Any]) -> list[Any]:
        return list({(each.object_id, each.service_point_id, each.start): each for each in links}.values())

    return CustomerGraph(graph.nodes, one_each(graph.served), one_each(graph.installed))


def told(kind: Kind, seen: SeenObject) -> tuple[Any, ...]:
    row_id = {
        Kind.ACCOUNT: "account_id",
        Kind.SERVICE_CONTRACT: "contract_id",
        Kind.SERVICE_POINT: "service_point_id",
        Kind.METER_DEVICE: "meter_device_id",
    }[kind]
    related = (seen.parent_id, tuple(seen.current), tuple(seen.previous))
    return (seen.row.customer_id, getattr(seen.row, row_id), seen.fields, *related)


def expected(kind: Kind, customer_id: str, view: View) -> set[tuple[Any, ...]]:
    """What the view in memory shows of a kind."""
    found = set()
    for object_id, sight in view.seen[kind].items():
        parent, current, previous = None, [], []
        if kind is Kind.ACCOUNT:
            above = view.graph.nodes[kind][object_id].above
            parent = above if view.sees(kind, above) else None
        elif kind is Kind.SERVICE_POINT:
            current, previous = view.contracts_at(object_id)
        elif kind is Kind.METER_DEVICE:
            current, previous = view.service_points_of(object_id)
        found.add((customer_id, object_id, sight.fields, parent, tuple(current), tuple(previous)))
    return found


def listed(session: Session, entries: Sequence[GrantedEntry], permission: Permission, kind: Kind) -> list[Any]:
    seen = seen_objects(session, entries, permission, kind, now=NOW, asked={}, place=None, backward=False)
    return [told(kind, each) for each in seen]


def permit(session: Session, named: dict[str, Collection[str]]) -> None:
    session.add(access.registration(at=DAYS[0]))
    session.flush()
    session.add(access.client_object(at=DAYS[0]))
    session.add_all([customer_data.customer(customer_id, is_test=customer_id == "bob") for customer_id in CUSTOMERS])
    session.flush()
    for customer_id, accounts in named.items():
        for account_id in accounts:
            session.add(
                PermittedAccountRow(client_id="app", customer_id=customer_id, account_id=account_id, created=DAYS[0])
            )
    session.flush()


@requirement("WG3-01-6.2-02", "WG3-01-7.2-01")
# Each example is a whole town, so there are half as many as elsewhere.
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=settings().max_examples // 2,
)
@given(
    graphs=st.tuples(telling_graphs(), telling_graphs()),
    entries=st.lists(direct_entries(), min_size=1, max_size=2),
    reach=st.sampled_from(Reach),
    named=st.fixed_dictionaries({each: st.sets(st.sampled_from([EVERY, "a0", "a1"])) for each in CUSTOMERS}),
)
def test_the_database_shows_what_the_rules_in_memory_show(engine: Engine, graphs, entries, reach, named):
    """The same objects, with the same fields and relations, of every Customer that is permitted, and of no other."""
    graphs = dict(zip(CUSTOMERS, map(once, graphs), strict=True))
    with Session(engine) as session:
        permit(session, named)
        for customer_id, graph in graphs.items():
            store(session, customer_id, graph)
        wanted: dict[Kind, set[Any]] = {kind: set() for kind in Kind}
        for customer_id, graph in graphs.items():
            seen = {Reach.NAMED: named[customer_id], Reach.CUSTOMERS: [EVERY], Reach.TEST_CUSTOMERS: [EVERY]}[reach]
            if reach is not Reach.NAMED and (customer_id == "bob") is not (reach is Reach.TEST_CUSTOMERS):
                seen = []
            view = view_of(entries, permitted(graph, None if EVERY in seen else seen), now=NOW)
            for kind in Kind:
                wanted[kind] |= expected(kind, customer_id, view)
        for kind in Kind:
            found = listed(session, entries, Permission("app", reach), kind) if opens(entries, kind) else []
            assert len(found) == len(set(found))
            assert set(found) == wanted[kind], kind
        session.rollback()


def opens(entries: Sequence[GrantedEntry], kind: Kind) -> bool:
    return any(kind in view_of([each], CustomerGraph({kind: {} for kind in Kind}), now=NOW).kinds for each in entries)
