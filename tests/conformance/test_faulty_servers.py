"""Every planted fault is found by the kit, at the row it breaks."""

import shutil
import threading
from dataclasses import dataclass
from typing import Any

import pytest
from werkzeug.serving import make_server

from cdsc_conformance import plans
from cdsc_conformance.findings import Outcome
from cdsc_conformance.runner import run
from cdsc_conformance.session import Registration, Session
from tests.conformance import report
from tests.conformance.conftest import ACCOUNT, SCENARIOS, seed
from tests.conformance.customer_data_faults import CUSTOMER_DATA_FAULTS
from tests.conformance.customer_metadata_faults import CUSTOMER_METADATA_FAULTS
from tests.conformance.fault_list import FAULTS as REGISTRATION_FAULTS
from tests.conformance.form_faults import PAGES
from tests.conformance.purpose_faults import PURPOSE_FAULTS
from tests.conformance.scenario_faults import SCENARIO_FAULTS
from tests.support.app import dispose, save_time
from tests.support.live import _not_yet, _Silent

FAULTS = [*REGISTRATION_FAULTS, *CUSTOMER_METADATA_FAULTS, *CUSTOMER_DATA_FAULTS, *SCENARIO_FAULTS, *PURPOSE_FAULTS]


@dataclass
class Switched:
    """One application, and the server whose fault is changed between tests."""

    server: Any
    app: Any
    url: str
    registration: Registration


@pytest.fixture(scope="module")
def switched(_sqlite_template, key_file, tmp_path_factory):
    """Registrations of one test do not touch those of another, so all faults may share a database."""
    from cdsc_server.app import create_app, system_ports
    from cdsc_server.settings import Settings

    database = shutil.copyfile(_sqlite_template, tmp_path_factory.mktemp("faulty") / "faulty.sqlite3")
    server = make_server("127.0.0.1", 0, _not_yet, threaded=True, request_handler=_Silent)
    url = f"http://127.0.0.1:{server.server_port}"
    settings = Settings.for_tests(
        database_url=f"sqlite:///{database}",
        key_file=str(key_file),
        base_url=url,
        registrations_per_hour=100_000,
        blob_dir=str(database.parent / "blobs"),
    )
    save_time()
    server.app = app = create_app(settings, system_ports(settings))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield Switched(server, app, url, seed(app))
    server.shutdown()
    thread.join()
    server.server_close()
    dispose(app)


@pytest.fixture
def watching(request):
    """A browser for the plans that look at pages in one; none for others, which need not wait for it."""
    return lambda plan: request.getfixturevalue("browser") if plan in plans.WATCHED else None


def outcomes(switched, plan, conditions, browser):
    """What these conditions say."""
    session = Session(
        switched.url, account=ACCOUNT, scenarios=SCENARIOS, browser=browser, registration=switched.registration
    )
    result = run(session, {plan: conditions})
    session.http.close()
    return [finding for each in result.judged for finding in each.findings]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.row} {fault.name}")
def test_a_planted_fault_is_found_at_its_row(switched, watching, fault):
    """The finding shows the exchange, so that a reader can see the fault with their own eyes."""
    switched.server.app = fault.wrap(switched.app)
    about = [condition for condition in plans.plan(fault.plan) if fault.row in condition.rows]
    found = [each for each in outcomes(switched, fault.plan, about, watching(fault.plan)) if each.row == fault.row]
    switched.server.app = switched.app

    failed = [finding for finding in found if finding.outcome is Outcome.FAILED]
    assert failed, [(finding.outcome, finding.reason) for finding in found]
    assert all(finding.reason and finding.exchanges for finding in failed)


@pytest.mark.browser
@pytest.mark.parametrize("pages", PAGES, ids=lambda pages: pages.name)
def test_faults_of_pages_are_found_at_their_rows(switched, browser, pages):
    """What a standard only recommends is told, not failed; what is wrong is seen in a picture."""
    switched.server.app = pages.wrap(switched.app)
    about = [each for each in plans.plan("form") if pages.rows & set(each.rows) and each.name.startswith("form_")]
    found = outcomes(switched, "form", about, browser)
    switched.server.app = switched.app

    wrong = [each for each in found if each.outcome in (Outcome.FAILED, Outcome.WARNED)]
    assert pages.rows - {each.row for each in wrong} == set(), [(each.row, each.reason) for each in found]
    assert all(each.reason and each.exchanges[-1].picture for each in wrong)


@pytest.mark.parametrize("plan", sorted({fault.plan for fault in FAULTS}))
def test_without_a_fault_nothing_is_said(switched, watching, plan):
    """A condition that always fails would find every fault too."""
    rows = {fault.row for fault in FAULTS if fault.plan == plan}
    rows |= {row for pages in PAGES for row in pages.rows if plan == "form"}
    about = [condition for condition in plans.plan(plan) if rows & set(condition.rows)]
    found = [each for each in outcomes(switched, plan, about, watching(plan)) if each.row in rows]

    wrong = [each for each in found if each.outcome not in (Outcome.PASSED, Outcome.SKIPPED)]
    assert found
    assert [each for each in wrong if not report.explained(each.row, report.gaps())] == []


def test_there_are_many_faults():
    assert len({fault.row for fault in FAULTS}) >= 100
