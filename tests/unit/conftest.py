"""Fixtures of tests that need neither application nor database."""

import tomllib
from pathlib import Path

import pytest

import cdsc_server
from cdsc_server.domain.catalogue import Catalogue, read_catalogue


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The catalogue that ships with the package."""
    return read_catalogue(
        tomllib.loads(Path(cdsc_server.__file__).with_name("default.toml").read_text(encoding="utf-8"))
    )
