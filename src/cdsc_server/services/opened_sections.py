"""The Bill Sections that a Grant opens, by their keys: for their own listing, and for bills that name them."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from cdsc_server.domain.bill_disclosure import chargings
from cdsc_server.domain.customer_graph import CustomerGraph
from cdsc_server.services.customer_data import Access
from cdsc_server.storage.bill_sections import SectionKey, section_keys
from cdsc_server.storage.bill_statements import naming_statements

#: By id of a section, its key and the include fields of the entries that open it.
OpenedSections = Mapping[str, tuple[SectionKey, frozenset[str]]]


def opened_sections(session: Session, access: Access, graph: CustomerGraph) -> OpenedSections:
    """The sections that any entry opens; none, and nothing asked of the database, where no entry could."""
    opened = chargings(access.entries, graph, now=access.now)
    if not opened:
        return {}
    named = naming_statements(session, access.customer_id) if any(each.charged for each in opened) else {}
    found = {}
    for key in section_keys(session, access.customer_id):
        about = (key.account_id, key.contracts, key.start, key.end, key.created)
        opens = [each.opens for each in opened if each.holds(*about, named_on=named.get(key.id, ()))]
        if opens:
            found[key.id] = (key, frozenset[str]().union(*opens))
    return found
