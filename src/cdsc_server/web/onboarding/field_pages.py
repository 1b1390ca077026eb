"""What a registration field is and how it is met: the `documentation` of fields that name no other (CDS-WG1-02 3.6)."""

from __future__ import annotations

from flask import Response

from cdsc_server.domain.registration_fields import RegistrationField
from cdsc_server.errors import NotFound
from cdsc_server.services.requirements import blank_form_path
from cdsc_server.web.bearer import public
from cdsc_server.web.context import catalogue, catalogue_directory, settings
from cdsc_server.web.describe import undocumented
from cdsc_server.web.pages import page_blueprint, render

blueprint = page_blueprint("registration_fields", __name__)


@blueprint.get("/register/fields/<field_id>")
@public
@undocumented("a page")
def page(field_id: str) -> Response:
    """Everything a developer has to know of the field before registering."""
    field = _found(field_id)
    scopes = catalogue().scopes.values()
    return render(
        "registration-field.html",
        field=field,
        blank_form=blank_form_path(field.id),
        required_by=[scope for scope in scopes if field.id in scope.registration_requirements],
        optional_for=[scope for scope in scopes if field.id in scope.registration_optional],
        sends_mail=bool(settings().mail_url),
    )


@blueprint.get("/register/fields/<field_id>/form.pdf")
@public
@undocumented("a file for people")
def blank_form(field_id: str) -> Response:
    """The blank PDF form; `guarded` keeps its headers as strict as those of a page."""
    field = _found(field_id)
    if field.template is None:
        raise NotFound("There is no form at this address.")
    response = Response((catalogue_directory(settings()) / field.template).read_bytes(), mimetype="application/pdf")
    response.headers.set("Content-Disposition", "attachment", filename=field.template)
    return response


def _found(field_id: str) -> RegistrationField:
    field = catalogue().registration_fields.get(field_id)
    if field is None:
        raise NotFound("There is no registration field of this name.")
    return field
