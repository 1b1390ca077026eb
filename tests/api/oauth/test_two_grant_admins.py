"""A catalogue with two Grant Admin scopes: each opens only what names it (CDS-WG1-02 3.3.2, 3.4)."""

import json
from dataclasses import replace

import pytest

from tests.factories.catalogues import changed_catalogue
from tests.factories.oauth import Authentication
from tests.support import requirement

SCOPES = {"cds_grant_admin": "usage_data", "supply_admin": "supply_details"}


@pytest.fixture
def settings(settings, tmp_path):
    """Supply details name a Grant Admin scope of their own; everything else keeps the one that ships."""

    def change(shipped):
        before, heading, after = shipped.partition("[scopes.supply_details]")
        after = after.replace('grant_admin_scope = "cds_grant_admin"', 'grant_admin_scope = "supply_admin"', 1)
        admin = '[scopes.supply_admin]\ntype = "cds_grant_admin"\nname = "Grant Admin: supply"\n\n'
        return before + admin + heading + after

    return replace(settings, catalogue_file=changed_catalogue(tmp_path, change))


@pytest.fixture
def admins(party):
    """The Client Object of each Grant Admin scope; registration made both, because scopes name them."""
    listed = party.http.get("/clients", headers=party.bearer).json["clients"]
    scope_of = {each["client_id"]: each["scope"] for each in listed}
    credentials = party.http.get("/credentials", headers=party.bearer).json["credentials"]
    return {
        scope_of[each["client_id"]]: Authentication(each["client_id"], each["client_secret"]) for each in credentials
    }


@requirement("WG1-02-3.3.2-34")
@pytest.mark.parametrize("admin_scope", SCOPES)
@pytest.mark.parametrize("granted", [("usage_data",), ("supply_details",), ("usage_data", "supply_details")])
def test_a_grant_admin_opens_a_grant_whose_every_scope_names_it(party, approve, admins, admin_scope, granted):
    """One scope of another Grant Admin is enough to keep it shut."""
    approval = approve(scopes=granted)
    entry = {"type": admin_scope, "client_id": party.app.client_id, "grant_id": approval.grant_id}
    form = {"grant_type": "client_credentials", "authorization_details": json.dumps([entry])}

    answer = party.token(form, by=admins[admin_scope])

    fits = granted == (SCOPES[admin_scope],)
    assert answer.status_code == (200 if fits else 400)
    assert ("access_token" in answer.json) is fits
    assert answer.json.get("error") == (None if fits else "invalid_authorization_details")


@requirement("WG1-02-3.3.2-34")
def test_what_is_enabled_of_a_grant_decides(party, approve, admins):
    """Not what was asked for once: what was given back names nobody any more."""
    approval = approve(scopes=("usage_data", "supply_details"), enabled_scope="usage_data")
    entry = {"type": "cds_grant_admin", "client_id": party.app.client_id, "grant_id": approval.grant_id}
    form = {"grant_type": "client_credentials", "authorization_details": json.dumps([entry])}

    assert party.token(form, by=admins["cds_grant_admin"]).status_code == 200
