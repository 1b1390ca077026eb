"""What every view may ask for: settings, ports and catalogue of the application, and the addresses we publish."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

from flask import Flask, current_app, url_for

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.ports import Ports
from cdsc_server.services.mails import Mailing
from cdsc_server.settings import Settings


@dataclass(frozen=True)
class Context:
    """The fixed parts of one application."""

    settings: Settings
    ports: Ports
    catalogue: Catalogue


def install(app: Flask, context: Context) -> None:
    """Hang the context on the application."""
    app.extensions["cdsc"] = context


def context() -> Context:
    """The context of the application that handles this request."""
    return cast("Context", current_app.extensions["cdsc"])


def settings() -> Settings:
    """The settings of this application."""
    return context().settings


def ports() -> Ports:
    """The outside of this application."""
    return context().ports


def catalogue() -> Catalogue:
    """What this application offers."""
    return context().catalogue


def catalogue_directory(settings: Settings) -> Path:
    """Where files that the catalogue names lie: beside it, or beside the one that ships with the package."""
    return Path(settings.catalogue_file).parent.resolve() if settings.catalogue_file else Path(__file__).parents[1]


def mailing() -> Mailing:
    """What a use case needs to write mails."""
    return Mailing(catalogue().utility, settings(), ports().keys)


def public_url(endpoint: str, **values: object) -> str:
    """The absolute public address of an endpoint: base_url, never the Host header of whoever asks."""
    return settings().base_url + url_for(endpoint, _external=False, **values)  # type: ignore[arg-type]
