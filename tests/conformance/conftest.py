"""`kit_server`: the application behind TLS, as a utility would run it; the kit trusts its certificate."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.serving import make_server

from cdsc_conformance.registration import PNG
from cdsc_conformance.session import Account, Registration
from tests.conformance.household import household
from tests.factories import groups, people
from tests.factories.catalogues import changed_catalogue
from tests.factories.customer_data import FILE
from tests.factories.group_client import come_for_groups
from tests.support.app import dispose, save_time
from tests.support.live import _not_yet, _Silent, certificate_at

if TYPE_CHECKING:
    from flask import Flask

    from cdsc_server.ports import Ports
    from cdsc_server.settings import Settings

WSGI = Callable[..., Any]


class _KeptAlive(_Silent):
    """A handshake for each of hundreds of requests would be most of the time a run takes."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True


#: A Customer with something to share, as documentation would name a test account.
ACCOUNT = Account("ada@example.com", people.PASSWORD)

#: What the catalogue that ships promises of CDS-WG3-01 4.
SCENARIOS = (
    "meter_data",
    "customer_tariffs",
    "customer_programs",
    "bill_amount_due",
    "customer_bills",
    "service_charges",
    "meter_app_transparency",
    "whole_building_data",
    "aggregated_data",
    "usage_self_access",
    "billing_self_access",
    "usage_and_billing_self_access",
)

#: Scopes that a Client needs who is the Customer itself.
OWN = (
    "query_accounts",
    "query_service_contracts",
    "query_service_points",
    "query_meter_devices",
    "query_bill_statements",
    "query_bill_sections",
    "query_usage",
)

AREA = {"type": "Polygon", "coordinates": [[[-73.9, 40.7], [-73.8, 40.7], [-73.9, 40.8], [-73.9, 40.7]]]}
TERRITORY = """
[coverage.territory]
entity_name = "Demo Gas & Electric"
country = "US"
name = "Service territory"
type = "geographic"
role = "authoritative"
capabilities = ["oauth"]
map_file = "territory.png"
geojson_file = "territory.json"
"""


REASONS = """
[registration_fields.reasons]
type = "registration_field"
description = "What you want the data for"
field_name = "cds_reasons"
format = "purposes_or_null"
"""


@dataclass(frozen=True)
class Server:
    """Where it is, which certificate to trust, and a registration whose Clients may read directly."""

    url: str
    certificate: str
    registration: Registration


@contextmanager
def serving(settings: Settings, ports: Ports, directory: Path, wrap: Callable[[WSGI], WSGI] | None = None):
    """The application of these settings behind TLS, with a fault planted around it when `wrap` is given."""
    from cdsc_server.app import create_app

    certificate = certificate_at(directory / "server.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = make_server("127.0.0.1", 0, _not_yet, threaded=True, request_handler=_KeptAlive, ssl_context=context)
    url = f"https://127.0.0.1:{server.server_port}"
    save_time()
    # The kit registers more often than a caller should.
    app = create_app(
        replace(settings, base_url=url, registrations_per_hour=10_000, catalogue_file=with_territory(directory)), ports
    )
    server.app = wrap(app) if wrap else app
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Server(url, str(certificate), seed(app))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        dispose(app)


def with_territory(directory: Path) -> str:
    """The default catalogue with an area that has a map, and with reasons that a registration may give."""
    (directory / "territory.png").write_bytes(base64.b64decode(PNG))
    (directory / "territory.json").write_text(json.dumps(AREA), encoding="utf-8")
    return changed_catalogue(directory, lambda shipped: asking_why(shipped) + TERRITORY + REASONS)


def asking_why(shipped: str) -> str:
    """The catalogue with `reasons` among what may be sent for price plans."""
    return shipped.replace("registration_optional = [", 'registration_optional = ["reasons", ', 1)


def seed(app: Flask) -> Registration:
    """Give the test account its Customer, and a Client what it may read of them and of a building; gives the Client."""
    from cdsc_server.ports import SystemClock
    from cdsc_server.services import aggregations, direct_access
    from cdsc_server.storage.db import transaction
    from cdsc_server.web.context import mailing

    clock = SystemClock()
    known = app.extensions["cdsc"]
    with app.app_context():
        with transaction() as session:
            household(session, at=clock.now())
            for name in ("ann", "ben", "cleo"):
                groups.flat(session, name)
        known.ports.blobs.put([FILE])
        aggregations.define([groups.building()], is_test=True, country="US", actor="kit", clock=clock)
    direct = come_for_groups(app, app.test_client(), clock, *OWN)
    common = {"reason": "Its own data", "actor": "kit", "catalogue": known.catalogue, "clock": clock}
    with app.app_context():
        direct_access.permit(direct.own.client_id, "ada", None, mailing=mailing(), **common)
    direct.known("B-17", members=True)
    # So few live there that each of them has to agree.
    direct.usage("B-17")
    direct.settle()
    return Registration(direct.party.admin.client_id, direct.party.admin.secret)


@pytest.fixture
def kit_server(settings: Settings, ports: Ports, tmp_path: Path) -> Iterator[Server]:
    """Our own server, without a fault we know of, and with a clock that runs: the order of changes shows."""
    from cdsc_server.ports import SystemClock

    with serving(settings, replace(ports, clock=SystemClock()), tmp_path) as server:
        yield server
