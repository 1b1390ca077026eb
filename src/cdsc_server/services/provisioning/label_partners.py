"""Label partners: pages and mails read the record itself."""

from __future__ import annotations

from typing import Final

from sqlalchemy.orm import Session

from cdsc_server.domain.provisioned.label_partners import LABEL_PARTNER
from cdsc_server.services.provisioning.batch import Kind
from cdsc_server.storage.provisioned import records_under


def _unused(session: Session, label_partner: str) -> bool:
    return not records_under(session, "user", [label_partner])


KIND: Final = Kind(LABEL_PARTNER, unused=_unused)
