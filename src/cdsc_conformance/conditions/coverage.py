"""The coverage listing and its entries (CDS-WG1-01 2, 4)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import pairwise
from typing import Any
from urllib.parse import urljoin

from cdsc_conformance import facts
from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.server_metadata import refuses
from cdsc_conformance.exchanges import Exchange
from cdsc_conformance.findings import Findings, judge, skipped
from cdsc_conformance.kinds import is_datetime, is_number, read_datetime
from cdsc_conformance.session import Session
from cdsc_conformance.tables import kind_fault, members, of_kind, rows_of, several, shown

ENTRY = "coverage_entry"
LISTING = "coverage_listing"

#: Row, member and enumeration of an entry; an extension may define more, then the row is the reader's to judge.
ENUMS = (
    ("WG1-01-4.4-01", "type", "coverage_entry_types"),
    ("WG1-01-4.3-11", "type", "coverage_entry_types"),
    ("WG1-01-4.5-01", "role", "capability_roles"),
    ("WG1-01-4.3-12", "role", "capability_roles"),
    ("WG1-01-4.6-01", "infrastructure_types", "infrastructure_types"),
    ("WG1-01-4.7-01", "commodity_types", "commodity_types"),
)


def evidence(session: Session) -> list[Exchange]:
    """The pages."""
    return [page.exchange for page in session.coverage]


@condition("WG1-01-4-02", "WG1-01-4-03")
def answers(session: Session) -> Findings:
    """The coverage listing answers 200 with a JSON object."""
    answer = session.fetch(str(session.server_metadata.body.get("coverage")))
    yield judge("WG1-01-4-02", answer.status == 200, f"the coverage listing answered {answer.status}", answer)
    fault = kind_fault(answer.object().get("coverage_entries"), "objects")
    yield judge("WG1-01-4-03", not fault, f"coverage_entries {fault}", answer)


@condition(*rows_of(LISTING))
def pages(session: Session) -> Findings:
    """Every page of the listing has its three members."""
    numbered = [(f"page {number}", page.body) for number, page in enumerate(session.coverage, 1)]
    yield from members(LISTING, numbered, *evidence(session))


@condition("WG1-01-4.1-02", "WG1-01-4.1-03")
def links(session: Session) -> Findings:
    """next and previous are null at the ends and lead to the neighbours in between."""
    listed = session.coverage
    first, last = listed[0].body, listed[-1].body
    yield judge("WG1-01-4.1-02", last.get("next") is None, "next never becomes null", *evidence(session))
    faults = [] if first.get("previous") is None else [f"the first page has previous {shown(first.get('previous'))}"]
    for before, after in pairwise(listed):
        back = session.fetch(urljoin(after.exchange.url, str(after.body.get("previous"))))
        if ids(back.object()) != ids(before.body):
            faults.append(f"previous of {after.exchange.url} does not lead to the page before")
    yield judge("WG1-01-4.1-03", not faults, several(faults), *evidence(session))


@condition("WG1-01-4.1-05")
def order(session: Session) -> Findings:
    """The entry changed last comes first, across pages."""
    found = [entry["updated"] for _, entry in session.coverage_entries if is_datetime(entry.get("updated"))]
    if len(found) < 2:
        yield from skipped("WG1-01-4.1-05", "fewer than two coverage entries have no order")
        return
    instants = [read_datetime(each) for each in found]
    yield judge(
        "WG1-01-4.1-05",
        instants == sorted(instants, reverse=True),
        f"updated runs {', '.join(found[:6])}",
        *evidence(session),
    )


@condition("WG1-01-4.2-01")
def filter_by_id(session: Session) -> Findings:
    """ids limits the listing to these entries."""
    url = session.endpoint_of_coverage()
    known = [str(entry.get("id")) for _, entry in session.coverage_entries]
    faults, asked = [], []
    for wanted in ([*known[:1]], [*known[:2]], ["kit-no-such-entry"]):
        answer = session.fetch(url, params={"ids": " ".join(wanted)})
        asked.append(answer)
        expected, found = set(wanted) & set(known), ids(answer.object())
        if answer.status != 200 or set(found) != expected:
            faults.append(f"ids={' '.join(wanted)} gave {found} ({answer.status}), not {sorted(expected)}")
    yield judge("WG1-01-4.2-01", not faults, several(faults), *asked)


@condition("WG1-01-4-05")
def bad_requests(session: Session) -> Findings:
    """A request that makes no sense is not answered 200."""
    yield refuses(session, "WG1-01-4-05", "POST", session.endpoint_of_coverage())


@condition(*rows_of(ENTRY))
def shape(session: Session) -> Findings:
    """Every entry has every member it must have, each of its kind."""
    yield from members(ENTRY, session.coverage_entries, *evidence(session))


@condition(*dict.fromkeys(row for row, *_ in ENUMS))
def enumerations(session: Session) -> Findings:
    """type, role, infrastructure_types and commodity_types hold values the standard defines."""
    if not session.coverage_entries:
        yield from skipped([row for row, *_ in ENUMS], "there is no coverage entry to look at")
        return
    for row, member, name in ENUMS:
        faults = []
        for where, entry in session.coverage_entries:
            value = entry.get(member)
            strange = [each for each in (value if isinstance(value, list) else [value]) if each not in facts.enum(name)]
            faults += [f"{where}: {member} holds {shown(each)}, which the standard does not define" for each in strange]
        yield judge(row, not faults, several(faults), *evidence(session))


@condition("WG1-01-4.3-01", "WG1-01-4.3-08", "WG1-01-4.3-16", "WG1-01-4.3-18", "WG1-01-4.3-22")
def rules(session: Session) -> Findings:
    """Ids are unique, entries never claim coverage itself, maps have a media type, areas have a map."""
    entries, shown_by = session.coverage_entries, evidence(session)
    if not entries:
        yield from skipped(
            ("WG1-01-4.3-01", "WG1-01-4.3-08", "WG1-01-4.3-16", "WG1-01-4.3-18", "WG1-01-4.3-22"),
            "there is no coverage entry to look at",
        )
        return
    known = [str(entry.get("id")) for _, entry in entries]
    twice = sorted({each for each in known if known.count(each) > 1})
    yield judge("WG1-01-4.3-01", not twice, f"two entries have id {', '.join(twice)}", *shown_by)
    several_of_them = [where for where, entry in entries if kind_fault(entry.get("country"), "country")]
    yield judge("WG1-01-4.3-08", not several_of_them, f"{several(several_of_them)} is not of one country", *shown_by)
    claims = [where for where, entry in entries if "coverage" in (entry.get("capabilities") or [])]
    yield judge("WG1-01-4.3-16", not claims, f"{several(claims)}: capabilities holds coverage", *shown_by)
    mapped = [(where, entry) for where, entry in entries if "map_resource" in entry]
    if mapped:
        bare = [where for where, entry in mapped if "map_content_type" not in entry]
        yield judge("WG1-01-4.3-18", not bare, f"{several(bare)}: map_resource without map_content_type", *shown_by)
    else:
        yield from skipped("WG1-01-4.3-18", "no coverage entry has a map_resource")
    areas = [(where, entry) for where, entry in entries if entry.get("type") == "geographic"]
    if areas:
        bare = [where for where, entry in areas if not {"map_resource", "geojson_resource"} & set(entry)]
        yield judge("WG1-01-4.3-22", not bare, f"{several(bare)}: geographic without map or GeoJSON", *shown_by)
    else:
        yield from skipped("WG1-01-4.3-22", "no coverage entry is geographic")


@condition("WG1-01-4.3-20", "WG1-01-4.3-21")
def geojson(session: Session) -> Findings:
    """geojson_resource is GeoJSON with coordinates that WGS 84 has."""
    urls = [entry["geojson_resource"] for _, entry in session.coverage_entries if "geojson_resource" in entry]
    if not urls:
        rows = ("WG1-01-4.3-20", "WG1-01-4.3-21")
        yield from skipped(rows, "no coverage entry has a geojson_resource")
        return
    read = [session.fetch(url) for url in urls]
    faults = [f"{answer.url} {fault}" for answer in read if (fault := geojson_fault(answer.object()))]
    for row in ("WG1-01-4.3-20", "WG1-01-4.3-21"):
        yield judge(row, not faults, several(faults), *read)


@condition("WG1-01-2-01", "WG1-01-2-02", "WG1-01-2-03", "WG1-01-2-04")
def kinds(session: Session) -> Findings:
    """Datetimes, URLs, media types and country codes are written as section 2 says."""
    metadata = session.server_metadata
    entries = session.coverage_entries
    for row, kind in (("01", ("datetime",)), ("02", ("url", "urls"))):
        faults = [
            *of_kind("cds_server_metadata", kind, [("the server metadata", metadata.body)]),
            *of_kind(LISTING, kind, [("the coverage listing", page.body) for page in session.coverage]),
            *of_kind(ENTRY, kind, entries),
        ]
        yield judge(f"WG1-01-2-{row}", not faults, several(faults), metadata.exchange, *evidence(session))
    for row, name, member in (("03", "media_type", "map_content_type"), ("04", "country", "country")):
        if any(member in entry for _, entry in entries):
            faults = of_kind(ENTRY, (name,), entries)
            yield judge(f"WG1-01-2-{row}", not faults, several(faults), *evidence(session))
        else:
            yield from skipped(f"WG1-01-2-{row}", f"no coverage entry has {member}")


def ids(page: dict[str, Any]) -> list[str]:
    """The ids a page lists, in its order."""
    return [str(entry.get("id")) for entry in page.get("coverage_entries") or [] if isinstance(entry, dict)]


def geojson_fault(value: dict[str, Any]) -> str:
    """Why a value is no GeoJSON in longitude and latitude (RFC 7946); empty when it is."""
    known = ("FeatureCollection", "Feature", "GeometryCollection", "Polygon", "MultiPolygon", "Point", "MultiPoint")
    if value.get("type") not in (*known, "LineString", "MultiLineString"):
        return f"has type {shown(value.get('type'))}, which GeoJSON does not know"
    if "crs" in value:
        return "names a coordinate system of its own"
    far = [point for point in _points(value) if abs(point[0]) > 180 or abs(point[1]) > 90]
    return f"holds {json.dumps(far[0], default=str)}, which is no longitude and latitude" if far else ""


def _points(value: Any) -> Iterable[list[Any]]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _points(each)
    elif isinstance(value, list):
        if len(value) >= 2 and all(map(is_number, value)):
            yield value
        else:
            for each in value:
                yield from _points(each)
