"""Energy Attribute Certificates on the wire: CDS-WG3-01 10.9."""

from __future__ import annotations

from marshmallow import Schema, fields

from cdsc_server.schemas.exact import Shown
from cdsc_server.schemas.fields import Instant
from cdsc_server.schemas.listing_filters import Among, Filters


class EacSchema(Shown):
    """An Energy Attribute Certificate: CDS-WG3-01 10.9.1."""

    cds_eac_id = fields.String(attribute="row.eac_id", required=True)
    cds_created = Instant(attribute="row.created", required=True)
    cds_modified = Instant(attribute="row.modified", required=True)
    cds_synced = Instant(attribute="row.synced", required=True)
    beneficiary_type = fields.String(attribute="row.beneficiary_type", required=True)
    beneficiaries = fields.List(fields.String(), required=True)
    eac_numbers = fields.List(fields.String(), attribute="row.numbers", required=True)
    eac_format = fields.String(attribute="row.format", required=True)
    eac_data_url = fields.URL(required=True)
    period_start = Instant(attribute="row.period_start", required=True)
    period_end = Instant(attribute="row.period_end", required=True)


class EacListingSchema(Schema):
    """A page of Energy Attribute Certificates: CDS-WG3-01 10.9.4."""

    eacs = fields.List(fields.Nested(EacSchema), required=True)
    next = fields.URL(required=True, allow_none=True)
    previous = fields.URL(required=True, allow_none=True)


class EacFilters(Filters):
    """Which Energy Attribute Certificates to list: CDS-WG3-01 10.9.4."""

    cds_eac_ids = Among(None, "Ids of certificates")
    eac_numbers = Among(None, "Numbers of certificates, any of which one may have")
    beneficiaries = Among(None, "Beneficiaries, any of which a certificate may be applied to")
    before = Instant(metadata={"description": "Only certificates whose period starts at this instant or before."})
    after = Instant(metadata={"description": "Only certificates whose period ends at this instant or after."})
