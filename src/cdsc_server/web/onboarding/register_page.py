"""Registering by hand, in a browser (CDS-WG1-02 3.2, cds_human_registration)."""

from __future__ import annotations

import base64
from typing import Any, Final

from flask import Response, request
from marshmallow import ValidationError

from cdsc_server.domain.catalogue import CLIENT_ADMIN, Scope
from cdsc_server.domain.registration_fields import RegistrationField
from cdsc_server.domain.submitted_fields import taken_fields
from cdsc_server.errors import InvalidClientMetadata
from cdsc_server.schemas.clients import RegistrationSchema
from cdsc_server.services.registration import register
from cdsc_server.web.bearer import public
from cdsc_server.web.context import catalogue, ports, settings
from cdsc_server.web.describe import undocumented
from cdsc_server.web.forms import check_form
from cdsc_server.web.pages import page_blueprint, render
from cdsc_server.web.problems import first_fault
from cdsc_server.web.sessions import current_session, ensure_session

blueprint = page_blueprint("registration_page", __name__)

_SEND: Final = "registration_page.send"
_LABELS: Final = {
    "client_name": "Name of your app",
    "contacts": "Email addresses we can write to",
    "client_uri": "Web site",
    "logo_uri": "Address of your logo",
    "tos_uri": "Address of your terms",
    "policy_uri": "Address of your privacy policy",
}
_TEXTS: Final = ("client_name", "client_uri", "logo_uri", "tos_uri", "policy_uri")


@blueprint.url_value_preprocessor
def _room_for_files(endpoint: str | None, _: object) -> None:
    """Files come as they are here, not as Base64."""
    if endpoint == _SEND:
        sizes = (field.limits.max_size or 0 for field in catalogue().registration_fields.values())
        request.max_content_length = settings().body_bytes + sum(sizes)


@blueprint.get("/register")
@public
@undocumented("a page")
def form() -> Response:
    """The empty form."""
    ensure_session()
    return _page()


@blueprint.post("/register")
@public
@undocumented("a page")
def send() -> Response:
    """Register, and show the secret this once; or the form again with what is wrong in it."""
    check_form(current_session())
    scopes = _chosen()
    try:
        fields = {
            name: value for field in taken_fields(catalogue(), scopes).values() for name, value in _sent_value(field)
        }
        metadata = RegistrationSchema().load(
            {
                **{name: text for name in _TEXTS if (text := request.form.get(name, "").strip())},
                "contacts": request.form.get("contacts", "").split(),
                "scope": " ".join(scope.id for scope in scopes),
            }
        )
        row, secret = register(
            metadata,
            fields=fields,
            address=request.remote_addr or "",
            catalogue=catalogue(),
            settings=settings(),
            limits=ports().limits,
            clock=ports().clock,
            keys=ports().keys,
            blobs=ports().blobs,
        )
    except ValidationError as fault:
        return _page(*first_fault(fault.messages))
    except InvalidClientMetadata as fault:
        return _page(fault.field or "", fault.description.partition(": ")[2] or fault.description)
    needs = [field for scope in scopes for field in _needs(scope) if not field.submitted]
    return render("registered.html", row=row, secret=secret, scopes=scopes, needs=list(dict.fromkeys(needs)))


def _page(wrong: str = "", rule: str = "") -> Response:
    # A fault in a list names an entry of it too; the form has one box for all.
    response = render(
        "register.html",
        scopes=[scope for scope in catalogue().scopes.values() if scope.type.consent],
        fields={scope.id: list(taken_fields(catalogue(), [scope]).values()) for scope in catalogue().scopes.values()},
        always=list(taken_fields(catalogue(), [catalogue().scopes[CLIENT_ADMIN]]).values()),
        chosen={scope.id for scope in _chosen()},
        admin=catalogue().scopes[CLIENT_ADMIN],
        needs=_needs,
        sent=request.form,
        wrong=wrong.partition(".")[0],
        label=_label(wrong.partition(".")[0]),
        rule=rule,
    )
    response.status_code = 400 if wrong else 200
    return response


def _label(name: str) -> str:
    fields = catalogue().registration_fields.values()
    return next((field.description for field in fields if field.field_name == name), _LABELS.get(name, name))


def _chosen() -> list[Scope]:
    ticked = request.form.getlist("scope")
    return [scope for scope in catalogue().scopes.values() if scope.id == CLIENT_ADMIN or scope.id in ticked]


def _needs(scope: Scope) -> list[RegistrationField]:
    return [catalogue().registration_fields[name] for name in scope.registration_requirements]


def _sent_value(field: RegistrationField) -> list[tuple[str, Any]]:
    """The name and value of a field as the form sent it; nothing when it was left empty."""
    name, form = str(field.field_name), str(field.format)
    plain = form.removesuffix("_or_null")
    if field.is_file:
        data = request.files[name].read() if name in request.files else b""
        return [(name, base64.b64encode(data).decode())] if data else _empty(name, form)
    texts = [text.strip() for text in request.form.getlist(name) if text.strip()]
    if not texts:
        return _empty(name, form)
    if plain == "boolean":
        return [(name, texts[0] == "true")]
    if plain == "string_list":
        return [(name, [line.strip() for line in texts[0].splitlines() if line.strip()])]
    if plain == "purposes":
        # One is enough to begin with; more go through the Clients API, with links.
        new = {"id": "", "name": field.description[:200], "content": texts[0], "related_uri": None}
        return [(name, [{**new, "scopes_supported": []}])]
    return [(name, texts if plain == "choice_list" else texts[0])]


def _empty(name: str, form: str) -> list[tuple[str, Any]]:
    return [(name, None)] if form.endswith("_or_null") else []
