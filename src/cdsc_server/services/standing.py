"""
A Grant as it stands now, in the words of the form: for receipts that tell what has changed, and the Customer's area.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.choosing import Holdings, Ticked
from cdsc_server.domain.details import RequestedEntry
from cdsc_server.domain.drafts import begun
from cdsc_server.domain.grants import Selection
from cdsc_server.domain.lessening import chosen_now
from cdsc_server.domain.purposes import FIELD as PURPOSE
from cdsc_server.domain.purposes import Purpose
from cdsc_server.services.consent_form import Asked, Section, sections_of
from cdsc_server.services.examples import Examples


def standing_sections(
    details: Sequence[Mapping[str, Any]],
    selections: Sequence[Mapping[str, Any]],
    holdings: Holdings,
    *,
    catalogue: Catalogue,
    at: datetime,
    purposes: Mapping[str, Purpose] = MappingProxyType({}),
) -> dict[int, Section]:
    """
    The sections of these entries, by their place; none where a scope or kind of list is offered no more.

    Args:
        details: of a Grant, with the selection of each in `selections`.
        at: what "today" means in the words.
        purposes: of the Client Object, by id, where they are told too.
    """
    asked: dict[int, Asked] = {}
    for place, (entry, stored) in enumerate(zip(details, selections, strict=False)):
        scope, selection = catalogue.scope(entry["type"]), Selection.from_stored(stored)
        if scope is None or selection.kind not in holdings.items:
            continue
        values = {name: entry.get(name, offered.default) for name, offered in scope.fields.items()}
        ticked = Ticked(chosen_now(selection, holdings.known[selection.kind]), selection.include_future)
        purpose = purposes.get(str(values.get(PURPOSE)))
        asked[place] = Asked(scope, RequestedEntry(scope.id, values), selection.kind, ticked, purpose=purpose)
    draft = begun("", [each.ticked for each in asked.values()])
    told = sections_of(tuple(asked.values()), draft, holdings, examples=Examples(), catalogue=catalogue, now=at)
    return dict(zip(asked, told, strict=True))
