"""Authorization details fields of the operator's own: CDS-WG1-02 3.8, 3.9, 10."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from cdsc_server import exact_json
from cdsc_server.app import load_catalogue
from cdsc_server.domain.details import read_request
from cdsc_server.domain.grants import granted_details
from cdsc_server.errors import InvalidConfiguration
from tests.factories.catalogues import changed_catalogue, fields_of
from tests.factories.oauth import ALL_SCOPES, register
from tests.support import requirement
from tests.support.oauth import judged_before_storage

TABLES = f"""
[scopes.study]
type = "cds_rate_plan"
name = "Study"
description = "What a study needs."
fields = {fields_of("cds_rate_plan", "study_number", "households", "share", "wave", "study_end", "study_key")}

[detail_fields.study_number]
format = "string"
name = "Study number"
description = "The number of the study."
required = true
maximum = 8
minimum = 4

[detail_fields.households]
format = "int"
name = "Households"
description = "How many households take part."
default = 1
maximum = 500
minimum = 1

[detail_fields.share]
format = "decimal"
name = "Share"
description = "The share of the grid."
default = "0.50"
maximum = "2.50"
minimum = "0.25"

[detail_fields.wave]
format = "int"
name = "Wave"
description = "Which time people are asked."
default = 0
maximum = "infinite"
minimum = 0

[detail_fields.study_end]
format = "relative_or_absolute_date"
name = "Study end"
description = "The day the study ends."
default = "P1M"
maximum = "P2Y"
minimum = "P1D"

[detail_fields.study_key]
format = "jwk_or_null"
name = "Study key"
description = "The key that results are encrypted with."
"""

KEY = {"kty": "EC", "use": "enc", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9"}


@pytest.fixture
def settings(settings, tmp_path):
    """A server that offers these fields beside what ships."""
    return replace(settings, catalogue_file=changed_catalogue(tmp_path, lambda shipped: shipped + TABLES))


@pytest.fixture
def party(client):
    return register(client, f"{ALL_SCOPES} study")


@pytest.fixture
def pushed(party):
    """Pushes an authorization request for the study; gives the answer."""

    def push(**fields):
        details = [{"type": "study", "study_number": "ST-17", **fields}]
        form = party.asking(scope=None, authorization_details=json.dumps(details))
        return party.http.post("/oauth/par", data=form, headers=party.app.headers)

    return push


@pytest.fixture
def fields(client):
    """The fields of the study, as metadata describes them with every digit."""
    metadata = exact_json.loads(client.get("/.well-known/oauth-authorization-server").data)
    described = metadata["cds_scope_descriptions"]["study"]["authorization_details_fields_supported"]
    return {field["id"]: field for field in described}


@requirement("WG1-02-3.8-16", "WG1-02-3.8-17", "WG1-02-3.8-20")
def test_limits_are_written_in_the_format_of_their_field(fields):
    """A number with its digits, or infinite; a date relative or absolute."""
    limits = {name: (field["minimum"], field["maximum"]) for name, field in fields.items() if "maximum" in field}

    assert (limits["households"], limits["wave"]) == ((1, 500), (0, "infinite"))
    assert list(map(str, limits["share"])) == ["0.25", "2.50"]
    assert all(isinstance(limit, Decimal) for limit in limits["share"])
    assert limits["study_end"] == ("P1D", "P2Y")
    assert not {"minimum", "maximum"} & fields["study_key"].keys()


@requirement("WG1-02-3.8-16", "WG1-02-3.8-17", "WG1-02-3.9-07", "WG1-02-2-09", "WG1-02-2-02", "WG1-02-3.8-20")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("households", 500),
        ("wave", 10**12),
        ("share", 2.5),
        ("share", 1),
        ("study_end", "2026-04-01"),
        ("study_end", "P2Y"),
        ("study_key", KEY),
        ("study_key", None),
    ],
)
def test_what_fits_is_taken(pushed, field, value):
    assert pushed(**{field: value}).status_code == 201


@requirement("WG1-02-2-02", "WG1-02-2-09", "WG1-02-2-11", "WG1-02-3.8-16", "WG1-02-3.8-17", "WG1-02-3.8-20")
@requirement("WG1-02-3.9-07")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("households", value) for value in (501, 0, -1, 1.5, "5", True, None)),
        *(("share", value) for value in (2.51, 0.2, "1", None)),
        *(("study_number", value) for value in ("S-1", "ST-170000", 1234)),
        *(("study_end", value) for value in ("2026-02-30", "20260401", "2026-4-1", "2026-04-01T00:00:00Z", 20260401)),
        *(("study_end", value) for value in ("P1DT1H", "PT30M", "PT5S", "PT0S", "P0S", "-P1D", "P")),
        *(("study_end", value) for value in ("2028-03-02", "P3Y", "infinite", "2026-03-01", "P0D")),
        ("study_key", {**KEY, "use": "sig"}),
        ("study_key", {name: value for name, value in KEY.items() if name != "use"}),
        ("study_key", {name: value for name, value in KEY.items() if name != "x"}),
        ("study_key", {**KEY, "d": "secret"}),
        ("study_key", {"kty": "oct", "use": "enc", "k": "secret"}),
        ("study_key", "key"),
    ],
)
@judged_before_storage
def test_what_does_not_fit_is_refused(pushed, field, value):
    """The answer names the field."""
    answer = pushed(**{field: value})

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_authorization_details")
    assert f".{field} " in answer.json["error_description"]


@requirement("WG1-02-3.8-11", "WG1-02-3.8-10")
@pytest.mark.parametrize(
    "asked",
    [
        {"scope": "study"},
        {"scope": "account_list study"},
        {"scope": None, "authorization_details": '[{"type": "study", "households": 2}]'},
    ],
)
def test_a_required_field_must_be_named(party, fields, asked):
    """By an entry; the word of the scope alone names none."""
    answer = party.http.post("/oauth/par", data=party.asking(**asked), headers=party.app.headers)

    assert (fields["study_number"]["is_required"], "default" in fields["study_number"]) == (True, False)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_authorization_details")
    assert "study_number" in answer.json["error_description"]


@requirement("WG1-02-2-02", "WG1-02-3.9-03")
@pytest.mark.parametrize(("asked", "granted"), [("P1M", "2026-04-01"), ("P1D", "2026-03-02"), ("2026-05-05",) * 2])
@judged_before_storage
def test_a_grant_holds_the_day_of_its_approval_and_what_was_asked(settings, clock, asked, granted):
    """In the time zone of the server: just after midnight in UTC it is the day before in New York."""
    catalogue = load_catalogue(settings)
    at = clock.now().replace(day=2, hour=3)
    entry = {"type": "study", "study_number": "ST-17", "study_end": asked, "study_key": KEY}

    [asked_for] = read_request(catalogue, "", [entry], allowed=frozenset({"study"}), at=at)
    details = granted_details(catalogue, asked_for, at=at)

    assert (details["study_end"], details["study_key"], details["share"]) == (granted, KEY, Decimal("0.50"))


@judged_before_storage
@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("maximum = 500", ""),
        ("maximum = 500", "maximum = -5"),
        ("default = 1\n", ""),
        ("default = 1\n", "default = 900\n"),
        ('maximum = "P2Y"', 'maximum = "P2YT1H"'),
        ('maximum = "2.50"', "maximum = 2.50"),
        ('format = "jwk_or_null"', 'format = "key"'),
        ("required = true", "required = true\ndefault = 'none'"),
        ("[detail_fields.wave]", "[detail_fields.sync_until]"),
    ],
)
def test_a_field_that_makes_no_sense_stops_the_start(settings, tmp_path, was, becomes):
    """Instead of metadata that nobody can follow."""
    tables = TABLES.replace(was, becomes, 1)
    assert tables != TABLES
    broken = replace(settings, catalogue_file=changed_catalogue(tmp_path, lambda shipped: shipped + tables))

    with pytest.raises(InvalidConfiguration, match=r"detail_fields|fields"):
        load_catalogue(broken)
