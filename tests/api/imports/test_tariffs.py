"""`cdsc import tariffs`: tariffs and who is on them, each document whole or not at all."""

from __future__ import annotations

from decimal import Decimal

import jsonschema
import pytest
from click.testing import CliRunner

from cdsc_server import exact_json
from cdsc_server.cli import commands
from cdsc_server.domain.tariffs.documents import TARIFFS
from cdsc_server.errors import FaultyFile
from cdsc_server.services.costing import contract_tariffs
from cdsc_server.services.import_tariffs import import_tariffs
from cdsc_server.storage.db import reading
from tests.factories import tariffs as make

ONCE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HOUSE = ("ada", "house")


@pytest.fixture
def take(app, clock, home):
    """Takes a document in."""

    def take(*tariffs, on=()):
        with app.app_context():
            return import_tariffs(make.document(*tariffs, assignments=list(on)), clock=clock)

    return take


@pytest.fixture
def known(app):
    """What Ada's contracts are on, as of an instant."""

    def known(as_of=None):
        with app.app_context(), reading() as session:
            return contract_tariffs(session, ["ada"], as_of=as_of)

    return known


def _prices(each):
    return [line.rules[0].tiers[0].price for one in each.assigned for line in one.tariff.versions[0].energy]


def test_what_was_known_stays_known(take, known, clock):
    """A correction takes the place of what stood there, and Grants that froze before still see that."""
    first = take(make.tariff(), on=[make.on("C-house")])
    then = clock.now()
    again = take(make.tariff(), on=[make.on("C-house")])
    clock.advance(hours=1)
    second = take(
        make.tariff("T-1", make.flat("0.50")), make.tariff("T-2"),
        on=[make.on("C-house", ("T-1", "2020-01-01", "2026-01-01"), ("T-2", "2026-01-01"))],
    )  # fmt: skip

    told = [({**each.tariffs}, {**each.contracts}) for each in (first, again, second)]
    assert told == [
        ({"new": 1}, {"new": 1}),
        ({"unchanged": 1}, {"unchanged": 1}),
        ({"changed": 1, "new": 1}, {"changed": 1}),
    ]
    assert _prices(known(then)[HOUSE]) == [Decimal("0.25")]
    assert _prices(known()[HOUSE]) == [Decimal("0.50"), Decimal("0.25")]
    assert known()[HOUSE].modified == clock.now() > then


def _only(**fields):
    return [make.tariff("T-2", **fields)]


def _priced(*prices):
    return [make.tariff("T-2", make.energy("use", *prices))]


_ON_NOTHING = {"id": "vat", "name": "VAT", "percent": "1", "on": ["gone"]}
_UNTIL_2021 = ("T-1", "2020-01-01", "2021-01-01")


@pytest.mark.parametrize(
    ("tariffs", "on", "says"),
    [
        (_only(timezone="Mars/Olympus"), [], "must be an IANA time zone"),
        (_only(region="XX"), [], "must be a country of ISO 3166"),
        (_priced({"tiers": [{"up_to": "5", "price": "1"}]}), [], "must all have up_to but the last"),
        (_priced({"price": "1", "season": "summer"}), [], "must be one of the seasons of this version"),
        (_priced({"price": "1", "from": "16:00"}), [], "and to must both be there"),
        (_priced(), [], "must have prices or intervals"),
        (_only(version={"taxes": [_ON_NOTHING]}), [], "vat is on gone, which is no line, and no tax before it"),
        ([make.tariff(currency="EUR")], [], "currency of a tariff that is here must stay as it is"),
        (_only(currency="EUR"), [make.on("C-house", _UNTIL_2021, ("T-2", "2021-01-01"))], "of one currency"),
        ([], [make.on("C-house", ("T-9", "2020-01-01"))], "names no tariff that is here"),
        ([], [make.on("C-nobody")], "names no Service Contract that is here"),
        ([], [make.on("C-house", customer="bob")], "names no Service Contract that is here"),
        ([], [make.on("C-house", ("T-1", "2020-01-01"), ("T-1", "2021-01-01"))], "before the end of the one before"),
    ],
)
@ONCE
def test_what_breaks_a_rule_is_told_and_nothing_is_stored(take, known, tariffs, on, says):
    """Every fault names where it is; what stood there before still does."""
    take(make.tariff(), on=[make.on("C-house")])
    before = known()

    with pytest.raises(FaultyFile) as refused:
        take(*tariffs, on=on)

    assert says in "\n".join(refused.value.faults)
    assert known() == before


@ONCE
def test_the_command_says_what_became_of_it_and_what_it_takes(settings, home, tmp_path, monkeypatch):
    """An operator learns the outcome, and a source the shape, from the program itself."""
    monkeypatch.setenv("CDSC_DATABASE_URL", settings.database_url)
    written = make.document(make.tariff(), assignments=[make.on("C-house", customer="ada")])
    path = tmp_path / "tariffs.json"
    path.write_bytes(exact_json.dumps(written))

    shape = CliRunner().invoke(commands, ["import", "tariffs", "--schema"])
    done = CliRunner().invoke(commands, ["import", "tariffs", str(path)])

    jsonschema.validate(exact_json.loads(path.read_bytes().replace(b"0.25", b"1")), exact_json.loads(shape.output))
    assert TARIFFS.json_schema() == exact_json.loads(shape.output)
    assert (
        done.output == f"{path}: 1 tariff (1 new, 0 changed, 0 unchanged), 1 contract (1 new, 0 changed, 0 unchanged)\n"
    )
