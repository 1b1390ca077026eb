"""The Bill Sections that a Grant opens, by their keys: for their own listing, and for bills that name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from cdsc_server.domain.bill_disclosure import chargings
from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.segment_sections import Billed, SectionsOfReadings
from cdsc_server.services.homes import Home
from cdsc_server.storage.bill_sections import SectionKey, section_keys
from cdsc_server.storage.bill_statements import naming_statements

#: By id of a section, its key, the include fields of the entries that open it, and the instant whose state they show.
OpenedSections = Mapping[str, tuple[SectionKey, frozenset[str], datetime]]


def billed_readings(sections: OpenedSections) -> SectionsOfReadings:
    """These sections, to be found by the readings that they stand for."""
    return SectionsOfReadings(
        Billed(key.id, frozenset(key.contracts), frozenset(key.meter_devices), key.start, key.end)
        for key, *_ in sections.values()
    )


def opened_sections(session: Session, homes: Sequence[Home]) -> Mapping[str, OpenedSections]:
    """
    The sections of each Customer that any entry opens.

    None, and nothing asked of the database, where no entry could.
    """
    opened = {home.customer_id: chargings(home.access.entries, home.graph, now=home.access.now) for home in homes}
    asked = [customer_id for customer_id, each in opened.items() if each]
    keys = section_keys(session, asked) if asked else {}
    charged = [customer_id for customer_id in asked if any(each.charged for each in opened[customer_id])]
    named = naming_statements(session, charged) if charged else {}
    found: dict[str, dict[str, tuple[SectionKey, frozenset[str], datetime]]] = {home.customer_id: {} for home in homes}
    for home in homes:
        for key in keys.get(home.customer_id, ()):
            # A bill may charge for another Account, which direct access does not open by it.
            if home.direct and key.account_id not in home.graph.nodes[Kind.ACCOUNT]:
                continue
            about = (key.account_id, key.contracts, key.start, key.end, key.known)
            named_on = named.get((home.customer_id, key.id), ())
            opening = [each for each in opened[home.customer_id] if each.holds(*about, named_on=named_on)]
            if opening:
                opens = frozenset[str]().union(*(each.opens for each in opening))
                found[home.customer_id][key.id] = (key, opens, max(each.as_of for each in opening))
    return found
