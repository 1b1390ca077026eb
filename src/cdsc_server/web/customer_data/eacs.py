"""Energy Attribute Certificates, for the Client whose Grant opens them: CDS-WG3-01 10.9."""

from __future__ import annotations

import hashlib
from io import BytesIO
from mimetypes import guess_extension
from typing import Any, Final

from flask import g
from flask.typing import ResponseReturnValue

from cdsc_server.schemas.eacs import EacFilters, EacListingSchema, EacSchema
from cdsc_server.services.customer_data import access_of
from cdsc_server.services.eacs import SeenEac, Wanted, list_eacs, read_eac_data
from cdsc_server.web.bearer import bearer
from cdsc_server.web.context import catalogue, ports, public_url
from cdsc_server.web.customer_data.blueprint import blueprint, tell_read
from cdsc_server.web.customer_data.filters import asked_filters
from cdsc_server.web.customer_data.sealing import sealing_key
from cdsc_server.web.describe import describe
from cdsc_server.web.downloads import Download, answers, sent
from cdsc_server.web.paging import asked_place, page_url

_FILTERS: Final = EacFilters()
_WIRE: Final = EacSchema()


@blueprint.get("/cds/eacs")
@bearer()
@describe(
    tag="Customer data",
    section="CDS-WG3-01 10.9.4",
    query=EacFilters,
    answers={200: EacListingSchema},
)
def list_energy_attribute_certificates() -> ResponseReturnValue:
    """
    List Energy Attribute Certificates

    The certificates that the Grant opens, the newest period first, each with the beneficiaries that it lets be told.
    """
    asked = asked_filters(_FILTERS)
    wanted = Wanted(
        ids=asked.get("cds_eac_ids"),
        numbers=asked.get("eac_numbers"),
        beneficiaries=asked.get("beneficiaries"),
        starts_by=asked.get("before"),
        ends_from=asked.get("after"),
    )
    access = access_of(catalogue(), g.token.grant, now=ports().clock.now())
    *place, backward = asked_place((int, int, str, bool)) or [False]
    page = list_eacs(access, wanted, place=(place[0], place[1], place[2]) if place else None, backward=backward)
    bounds = [bound for each in page.eacs for bound in (each.row.period_start, each.row.period_end)]
    tell_read("eacs", len(page.eacs), period=bounds)
    return {
        "eacs": [_told(each) for each in page.eacs],
        "next": page_url(None if page.following is None else [*page.following, False]),
        "previous": page_url(None if page.preceding is None else [*page.preceding, True]),
    }


@blueprint.get("/cds/eacs/<eac_id>/data")
@bearer()
@describe(
    tag="Customer data",
    section="CDS-WG3-01 10.9.1",
    answers=answers("*/*"),
    path={"eac_id": "The certificate's `cds_eac_id`."},
)
def read_energy_attribute_certificate(eac_id: str) -> ResponseReturnValue:
    """
    Read the data of an Energy Attribute Certificate

    Where `eac_data_url` leads: what the certificate says, for whoever may see the certificate.
    """
    access = access_of(catalogue(), g.token.grant, now=ports().clock.now())
    row, data = read_eac_data(access, eac_id)
    tell_read("eacs", 1, period=[row.period_start, row.period_end])
    name = f"{row.eac_id}{guess_extension(row.media_type) or ''}"
    digest = hashlib.sha256(data).hexdigest()
    return sent(
        Download(name, row.media_type, len(data), digest, row.modified), BytesIO(data), whole=sealing_key() is not None
    )


def _told(seen: SeenEac) -> dict[str, Any]:
    address = public_url("customer_data.read_energy_attribute_certificate", eac_id=seen.row.eac_id)
    return {**_WIRE.dump(seen), "eac_data_url": address}
