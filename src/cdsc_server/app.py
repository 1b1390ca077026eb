"""The application: the only module that knows every room."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from cdsc_server import exact_json, telemetry
from cdsc_server.connectors.file_blobs import FileBlobStore
from cdsc_server.connectors.file_keys import FileKeyStore
from cdsc_server.connectors.front_door import HTTPFrontDoor
from cdsc_server.connectors.http_caller import HttpCaller
from cdsc_server.connectors.hub import hub_platforms
from cdsc_server.connectors.mail_desk import MailDesk
from cdsc_server.connectors.platforms import device_platforms
from cdsc_server.connectors.sandbox_payments import SandboxPayments, read_secret
from cdsc_server.connectors.sftp import SftpPlace
from cdsc_server.connectors.smtp import SmtpMailer
from cdsc_server.connectors.zendesk import ZendeskDesk
from cdsc_server.domain.catalogue import Catalogue, read_catalogue
from cdsc_server.domain.field_values import media_type
from cdsc_server.domain.geojson import geojson_fault
from cdsc_server.domain.webhooks import read_networks
from cdsc_server.errors import InvalidConfiguration
from cdsc_server.ports import BlobStore, DeliveryPlace, Limits, Mailer, Ports, SystemClock, TicketDesk
from cdsc_server.services.own_templates import read_templates
from cdsc_server.settings import Settings
from cdsc_server.storage import db
from cdsc_server.storage.limits import DatabaseLimits
from cdsc_server.web import (
    admin,
    consent,
    console,
    context,
    customer_data,
    docs,
    health,
    measuring,
    metadata,
    oauth,
    onboarding,
    payments,
    problems,
    provisioning,
    registration,
    tickets,
    wire,
)

_DEFAULT_CATALOGUE = Path(__file__).with_name("default.toml")


class _Application(Flask):
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function: none of ours is a coroutine, and Flask looks seven times at each request."""
        return func


def create_app(settings: Settings, ports: Ports) -> Flask:
    """
    The WSGI application; may be called more than once in a process.

    Raises:
        InvalidConfiguration: every fault of the catalogue at once, or of the templates of mails.
    """
    read_templates(settings.mail_templates_dir)
    app = _Application(__name__.partition(".")[0], static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.body_bytes
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    db.install(app, settings.database_url)
    context.install(app, context.Context(settings, ports, load_catalogue(settings)))
    telemetry.install(app)
    wire.install(app)
    problems.install(app)
    health.install(app)
    customer_data.install(app)
    metadata.install(app)
    oauth.install(app)
    registration.install(app)
    consent.install(app)
    console.install(app)
    admin.install(app)
    provisioning.install(app)
    payments.install(app)
    tickets.install(app)
    onboarding.install(app)
    docs.install(app)
    measuring.install(app)
    return app


def load_catalogue(settings: Settings) -> Catalogue:
    """
    The catalogue of these settings.

    Raises:
        InvalidConfiguration: not TOML, or impossible in itself.
    """
    path = Path(settings.catalogue_file) if settings.catalogue_file else _DEFAULT_CATALOGUE
    try:
        catalogue = _read_catalogue(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as fault:
        raise InvalidConfiguration([f"{path.name}: {fault}"]) from fault
    faults = [
        f"registration_fields.{field.id}.template: {field.template} is not a PDF file beside {path.name}"
        for field in catalogue.registration_fields.values()
        if field.template is not None and not _is_pdf(path.with_name(field.template))
    ]
    faults += _faults_of_maps(catalogue, path)
    if faults:
        raise InvalidConfiguration(faults)
    return catalogue


@lru_cache(maxsize=8)
def _read_catalogue(text: str) -> Catalogue:
    """Read once in a process: a catalogue never changes."""
    return read_catalogue(tomllib.loads(text))


def _faults_of_maps(catalogue: Catalogue, path: Path) -> list[str]:
    faults = []
    for entry in catalogue.coverage:
        for name, file in (("map_file", entry.map_file), ("geojson_file", entry.geojson_file)):
            if file is not None and not (path.parent / file).is_file():
                faults.append(f"coverage.{entry.id}.{name}: {file} is not a file beside {path.name}")
            elif file is not None and name == "geojson_file":
                fault = _geojson_fault(path.parent / file)
                faults += [] if fault is None else [f"coverage.{entry.id}.{name}: {file} {fault}"]
    return faults


def _geojson_fault(path: Path) -> str | None:
    try:
        return geojson_fault(exact_json.loads(path.read_bytes()))
    except ValueError:
        return "is not JSON"


def _is_pdf(path: Path) -> bool:
    return path.is_file() and media_type(path.read_bytes()) == "application/pdf"


def blob_store(settings: Settings) -> BlobStore:
    """
    Where files are kept: in a directory, or in a bucket where one is set.

    Raises:
        InvalidConfiguration: the key of the bucket cannot be used.
    """
    if not settings.blob_url:
        return FileBlobStore(settings.blob_dir)
    # Loaded by who uses it only: it is a large library.
    from cdsc_server.connectors.s3_blobs import S3BlobStore

    return S3BlobStore.read(settings.blob_url, region=settings.blob_region, key_file=settings.blob_key_file)


def limits(settings: Settings) -> Limits:
    """Where is counted what callers may do only so often: in the database, or in a Redis where one is set."""
    if not settings.limits_url:
        return DatabaseLimits()
    # Loaded by who uses it only: it is a large library.
    from cdsc_server.connectors.redis_limits import RedisLimits

    return RedisLimits.at(settings.limits_url, otherwise=DatabaseLimits())


def ticket_desk(settings: Settings, mailer: Mailer | None) -> TicketDesk | None:
    """
    Who answers support requests beside the console; None where nobody does.

    Raises:
        InvalidConfiguration: the token or the secret of the ticket system cannot be used.
    """
    if not settings.tickets_url:
        return None
    if mailer is not None and settings.tickets_url.startswith("mailto:"):
        return MailDesk(settings.tickets_url.removeprefix("mailto:"), mailer=mailer)
    return ZendeskDesk.read(
        settings.tickets_url.rstrip("/"),
        token_file=settings.tickets_token_file,
        secret_file=settings.tickets_secret_file,
    )


def delivery_place(settings: Settings) -> DeliveryPlace | None:
    """
    Where deliveries for the import folder are brought from; None where no place is set.

    Raises:
        InvalidConfiguration: a file that it needs cannot be read, or its library is not installed.
    """
    if not settings.sftp_url:
        return None
    return SftpPlace.read(settings.sftp_url, key_file=settings.sftp_key_file, hosts_file=settings.sftp_hosts_file)


def system_ports(settings: Settings) -> Ports:
    """
    The real outside: this machine's clock, the key in its file, the servers for mail, payments and files.

    Raises:
        InvalidConfiguration: the key file, the address of the mail server, the payment secret, the key of the bucket or
            the description of a hub cannot be used.
    """
    mailer = SmtpMailer.at(settings.mail_url, sender=settings.mail_from) if settings.mail_url else None
    return Ports(
        clock=SystemClock(),
        keys=FileKeyStore.read(settings.key_file),
        blobs=blob_store(settings),
        caller=HttpCaller(
            seconds=settings.webhook_seconds, allowed=read_networks(settings.webhook_networks), local=settings.demo
        ),
        limits=limits(settings),
        mailer=mailer,
        payments=(
            SandboxPayments(settings.payment_url, read_secret(settings.payment_secret_file))
            if settings.payment_url
            else None
        ),
        platforms={**device_platforms(), **hub_platforms(settings.hub_dir)},
        door=HTTPFrontDoor(settings.base_url),
        desk=ticket_desk(settings, mailer),
        place=delivery_place(settings),
    )
