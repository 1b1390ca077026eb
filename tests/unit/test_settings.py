"""Settings: read once, every fault told together."""

from dataclasses import fields
from pathlib import Path

import pytest

from cdsc_server.errors import InvalidConfiguration
from cdsc_server.settings import Settings, settings_page


def test_each_field_is_a_variable():
    settings = Settings.from_environment(
        {"CDSC_BASE_URL": "https://cds.example", "CDSC_PROXY_HOPS": "1", "CDSC_DEMO": "yes"}
    )

    assert (settings.base_url, settings.proxy_hops, settings.demo) == ("https://cds.example", 1, True)


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"CDSC_BASE_URL": "http://cds.example"}, "must start with https://"),
        ({"CDSC_BASE_URL": "https://cds.example/"}, "must not end with a slash"),
        ({"CDSC_CODE_SECONDS": "3600"}, "must not be above 600"),
        ({"CDSC_FORM_SECONDS": "60"}, "at least 600"),
        ({"CDSC_READ_LOG_DAYS": "30"}, "at least 31"),
        ({"CDSC_DATABASE_URL": "mysql://x"}, "CDSC_DATABASE_URL must start with"),
        (
            {"CDSC_JOBS_URL": "redis://:ge/heim@127.0.0.1/0"},
            "CDSC_JOBS_URL must be sqlite:///FILE, redis://HOST:PORT/N",
        ),
        ({"CDSC_DATABASE_URL": "postgresql+psycopg://cds:g@eim@db/cds"}, "CDSC_DATABASE_URL must have an @"),
        ({"CDSC_LIMITS_URL": "redis://:ge[heim@127.0.0.1/0"}, "CDSC_LIMITS_URL must be redis://HOST:PORT/N"),
        ({"CDSC_LIMITS_URL": "sqlite:///var/limits.sqlite"}, "CDSC_LIMITS_URL must be redis://HOST:PORT/N"),
        ({"CDSC_LIMITS_URL": "redis://127.0.0.1:many/0"}, "CDSC_LIMITS_URL must be redis://HOST:PORT/N"),
        ({"CDSC_PROXY_HOPS": "one"}, "'one' is not a whole number"),
        ({"CDSC_DEMO": "perhaps"}, "'perhaps' is not yes or no"),
        ({"CDSC_IMPORT_DIR": "no/such"}, "CDSC_IMPORT_DIR 'no/such' is not a directory"),
        ({"CDSC_IMPORT_MINUTES": "61"}, "CDSC_IMPORT_MINUTES must be from 1 to 60"),
        ({"CDSC_CATALOGUE_FILE": "no/such.toml"}, "is not a file"),
        ({"CDSC_MAIL_TEMPLATES_DIR": "no/such"}, "CDSC_MAIL_TEMPLATES_DIR 'no/such' is not a directory"),
        ({"CDSC_TICKETS_URL": "http://desk.example"}, "CDSC_TICKETS_URL must start with https://"),
        ({"CDSC_TICKETS_URL": "mailto:desk@dge.example"}, "needs an address, and CDSC_MAIL_URL"),
    ],
)
def test_an_impossible_setting_is_refused(variables, words):
    with pytest.raises(InvalidConfiguration) as refusal:
        Settings.from_environment(variables)

    assert any(words in fault for fault in refusal.value.faults)
    assert "eim" not in str(refusal.value)


def test_every_fault_is_told_at_once():
    with pytest.raises(InvalidConfiguration) as refusal:
        Settings.from_environment({"CDSC_BASE_URL": "http://cds.example/", "CDSC_LOG_FORMAT": "xml"})

    assert len(refusal.value.faults) == 3


@pytest.mark.parametrize(
    ("name", "address", "shown"),
    [
        (
            "database_url",
            "postgresql+psycopg://cds:geheim@db.example/cds",
            "postgresql+psycopg://cds:***@db.example/cds",
        ),
        (
            "database_url",
            "postgresql+psycopg:///cds?password=geheim&host=db",
            "postgresql+psycopg:///cds?password=***&host=db",
        ),
        ("database_url", "postgresql+psycopg://cds:ge/heim@db/cds", "postgresql+psycopg://cds:***@db/cds"),
        ("jobs_url", "redis://:geheim@127.0.0.1:6379/0", "redis://:***@127.0.0.1:6379/0"),
        ("limits_url", "redis://cds:geheim@127.0.0.1/1", "redis://cds:***@127.0.0.1/1"),
        ("tickets_url", "https://cds:geheim@desk.example", "https://cds:***@desk.example"),
    ],
)
def test_no_repr_shows_a_password(name, address, shown):
    """A repr stands in tracebacks and logs; what else the address says helps whoever reads them."""
    settings = Settings.for_tests(**{name: address})

    assert f"{name}={shown!r}" in repr(settings)
    assert "eim" not in repr(settings)


def test_an_address_without_slashes_hides_its_password_too():
    """Whether mails can be sent to it is found out after the settings are made."""
    assert "eim" not in repr(Settings.for_tests(mail_url="smtp:cds:geheim@mail.example", mail_from="a@dge.example"))


def test_a_repr_shows_every_field():
    assert all(f"{field.name}=" in repr(Settings()) for field in fields(Settings))


def test_the_reference_page_is_what_the_code_says():
    """`cdsc config reference > docs/reference/settings.md` brings it up to date."""
    page = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"

    assert page.read_text(encoding="utf-8") == settings_page()
