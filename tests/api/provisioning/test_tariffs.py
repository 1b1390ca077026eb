"""Tariffs and who is on them, handed in by programs: what costs are worked out from."""

from __future__ import annotations

import pytest

from cdsc_server.services.costing import contract_tariffs
from cdsc_server.storage.db import reading
from cdsc_server.storage.service_contracts import ServiceContractRow
from tests.api.provisioning.homes import HOME
from tests.factories import tariffs as make

ON = {"kind": "contract_tariffs", "external_contract_id": "C-1"}
SINCE = {"external_tariff_id": "T-1", "start": "2025-01-01"}


@pytest.fixture
def known(app):
    """The ids of the tariffs of each contract, by its number."""

    def known():
        with app.app_context(), reading() as session:
            rows = session.query(ServiceContractRow).all()
            tariffs = contract_tariffs(session, [row.customer_id for row in rows])
            return {
                row.contract_number: [each.tariff.id for each in tariffs[row.customer_id, row.contract_id].assigned]
                for row in rows
                if (row.customer_id, row.contract_id) in tariffs
            }

    return known


def test_a_contract_is_put_on_a_tariff(office, known):
    """All of it in one upload, and again without a trace."""
    records = [*HOME, {"kind": "tariff", **make.tariff()}, {**ON, "tariffs": [SINCE]}]

    first, again = office.upload(*records), office.upload(*records)

    assert first.status_code == again.status_code == 200, first.text
    assert known() == {"C-1": ["T-1"]}
    assert (again.json["new"], again.json["unchanged"]) == (0, len(records))


def test_what_names_nothing_is_refused(office, known):
    """A contract on a tariff nobody knows would have costs of nothing; what was handed in with it is not stored."""
    answer = office.upload(*HOME, {**ON, "tariffs": [SINCE]})

    assert answer.status_code == 422
    assert "names no tariff that is here" in answer.text
    assert known() == {}
