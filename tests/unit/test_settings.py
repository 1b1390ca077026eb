"""Settings: read once, every fault told together."""

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


def test_every_fault_is_told_at_once():
    with pytest.raises(InvalidConfiguration) as refusal:
        Settings.from_environment({"CDSC_BASE_URL": "http://cds.example/", "CDSC_LOG_FORMAT": "xml"})

    assert len(refusal.value.faults) == 3


def test_the_reference_page_is_what_the_code_says():
    """`cdsc config reference > docs/reference/settings.md` brings it up to date."""
    page = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"

    assert page.read_text(encoding="utf-8") == settings_page()
