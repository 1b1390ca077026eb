"""Mails in the words of a brand: what a template may be, who gets it, and what everybody else gets."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner

from cdsc_server import cli, cli_mail
from cdsc_server.app import create_app
from cdsc_server.domain.letter_names import KINDS, LISTS
from cdsc_server.errors import InvalidConfiguration
from cdsc_server.languages import LANGUAGES
from cdsc_server.services.mail_samples import sample
from cdsc_server.services.mails import rendered
from cdsc_server.services.own_templates import paragraphs
from cdsc_server.services.template_rules import UnsoundTemplateError, read_template
from cdsc_server.storage.db import transaction
from tests.factories import provisioned

LINK = "http://127.0.0.1:8000/receipt/sample"
SOUND = "Subject: {{ code }}\n\n{{ greeting }}\n{{ app }} {{ code }}\n{{ link }}\n"


def template_of(kind):
    """A template that says all that this kind knows."""
    texts = "\n".join(f"{name} = {{{{ {name} }}}}" for name in sorted(KINDS[kind].texts))
    lists = "\n".join(f"{{% for each in {name} %}}\n- {name}: {{{{ each }}}}\n{{% endfor %}}" for name in LISTS)
    return f"Subject: About {{{{ app }}}}\n\n{texts}\n\n{lists}\n"


@pytest.fixture
def write(tmp_path):
    """Put templates into a folder, by their paths; gives the folder."""

    def written(**files):
        for path, text in files.items():
            place = tmp_path / "templates" / path.replace("__", "/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.with_suffix(".txt").write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(tmp_path / "templates")

    return written


@pytest.fixture
def told(mailing):
    """A made-up mail as it would be sent with the templates of a folder."""

    def tells(directory, kind, *, brand=None, language="en", **values):
        settings = replace(mailing.settings, mail_templates_dir=directory)
        letter = sample(kind, utility=mailing.utility, base_url=settings.base_url, language=language)
        letter = replace(letter, values={**letter.values, **values})
        return rendered(letter, replace(mailing, settings=settings, brand=brand))

    return tells


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("{{ greeting }}", "{{ greting }}", "line 3: greting is not known here; known are app, "),
        ("{{ greeting }}", "{{ confirmation }}", "line 3: confirmation is not known here"),
        ("{{ greeting }}", "{{ items }}", "line 3: items is a list: go through it with for"),
        ("{{ greeting }}", "{{ greeting.__class__ }}", "only names, if and for can be used, and this is Getattr"),
        ("{{ greeting }}", "{{ greeting() }}", "this is Call"),
        ("{{ greeting }}", "{{ greeting|upper }}", "this is Filter"),
        ("{{ greeting }}", "{{ greeting * 9 }}", "this is Mul"),
        ("{{ greeting }}", "{% set app = code %}", "this is Assign"),
        ("{{ greeting }}", "{% include 'letter.html' %}", "this is Include"),
        ("{{ greeting }}", "{% if greeting == code %}!{% endif %}", "this is Compare"),
        ("{{ greeting }}", "{% if secrets %}!{% endif %}", "line 3: secrets is not known here"),
        ("{{ greeting }}", "{% for each in range %}{{ each }}{% endfor %}", "for stands in no other for, and goes"),
        (
            "{{ greeting }}",
            "{% for a in items %}{% for b in items %}{{ b }}{% endfor %}{% endfor %}",
            "for stands in no other for",
        ),
        ("{{ greeting }}", "{% if greeting %}", "line 5: Unexpected end of template."),
        ("{{ greeting }}", "{% if app %}" * 1500 + "{% endif %}" * 1500, "one thing stands in another too many times"),
        ("{{ greeting }}", "x" * 20_001, "line 1: a template has at most 20000 characters"),
        ("{{ greeting }}", "https://elsewhere.example", "line 3: a mail has one link, {{ link }}"),
        ("{{ greeting }}", "WWW.elsewhere.example", "line 3: a mail has one link, {{ link }}"),
        ("{{ link }}", "", "{{ link }} is missing; this mail has to say it, outside of any if"),
        ("{{ app }} {{ code }}", "{% if code %}{{ app }} {{ code }}{% endif %}", "{{ code }} is missing"),
        ("Subject: {{ code }}", "Subject: {{ link }}", "line 1: link is not known here"),
        ("Subject: {{ code }}", "Subject:", "line 1: the first line is 'Subject: ' and the subject"),
        ("Subject: {{ code }}\n\n", "{{ code }}\n", "line 2: the second line is empty"),
    ],
)
def test_a_template_that_breaks_a_rule_is_refused_with_its_line(old, new, fault):
    read_template(SOUND, "contact_code")
    with pytest.raises(UnsoundTemplateError) as refusal:
        read_template(SOUND.replace(old, new, 1), "contact_code")

    assert any(fault in each for each in refusal.value.faults), refusal.value.faults


def test_a_receipt_has_to_list_all_that_was_agreed():
    sound = template_of("receipt")
    with pytest.raises(UnsoundTemplateError) as refusal:
        read_template(sound.replace("- notes: {{ each }}", "- and more"), "receipt")

    assert [each.partition(": ")[2] for each in refusal.value.faults] == [
        "{% for each in notes %} is missing; this mail has to say it, outside of any if"
    ]


def test_a_server_with_a_fault_in_any_file_does_not_start(settings, ports, write, monkeypatch):
    folder = write(
        north__de__receipt="Subject: x\n\n{{ x }}",
        north__de__recipt="",
        north__nl__began="",
        _other__en__began="",
        south__en__began=b"\xff",
    )
    with pytest.raises(InvalidConfiguration) as refusal:
        create_app(replace(settings, mail_templates_dir=folder), ports)

    monkeypatch.setenv("CDSC_MAIL_TEMPLATES_DIR", folder)
    checked = CliRunner().invoke(cli.commands, ["config", "check"]).exception
    assert isinstance(checked, InvalidConfiguration)
    assert checked.faults == refusal.value.faults
    told = "\n".join(refusal.value.faults)
    assert "CDSC_MAIL_TEMPLATES_DIR: north/de/receipt.txt, line 3: x is not known here" in told
    assert "north/de/recipt.txt is not KIND.txt; kinds of mails are receipt, revoked" in told
    assert "north/nl is not a folder of a language: en, de, fr, es" in told
    assert "_other is not a folder with the id of a brand" in told
    assert "south/en/began.txt is not text in UTF-8" in told


def test_the_page_for_operators_names_all_that_can_be_said():
    page = (Path(__file__).parents[3] / "docs/how-to/operate/mail-templates.md").read_text(encoding="utf-8")
    names = {*KINDS, *LISTS}.union(*(each.texts for each in KINDS.values()))

    assert [name for name in sorted(names) if f"`{name}`" not in page] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_kind_tells_all_that_its_templates_may_say(write, told):
    """In every language; and the link once, which can be followed."""
    folder = write(**{f"_utility__{language}__{kind}": template_of(kind) for language in LANGUAGES for kind in KINDS})

    for language, kind in product(LANGUAGES, KINDS):
        mail = told(folder, kind, language=language)
        assert mail["subject"] == "About Kestrel Carbon", (language, kind)
        assert all(f"\n{name} = " in f"\n{mail['text']}" for name in KINDS[kind].texts), mail
        assert mail["html"].count(f'<a href="{LINK}"') == 1, mail


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_has_no_template_gets_our_words_in_their_language(write, told):
    """Of another brand, of none, in another language, of another kind."""
    folder = write(north__de__revoked=template_of("revoked"))
    ours = {each: told("", "revoked", language=each) for each in ("en", "de")}

    assert told(folder, "revoked", brand="north", language="de")["subject"] == "About Kestrel Carbon"
    assert told(folder, "revoked", brand="north") == ours["en"]
    assert told(folder, "revoked", brand="south", language="de") == ours["de"]
    assert told(folder, "revoked", language="de") == ours["de"]
    assert told(folder, "expired", brand="north", language="de") == told("", "expired", language="de")


def test_lists_stand_in_the_html_where_they_stand_in_the_text():
    made = paragraphs("Before:\n- one\n- two\nbetween\n\nAfter\nand on\n")

    assert [(list(each.lines), each.listed) for each in made] == [
        (["Before:"], False),
        (["one", "two"], True),
        (["between"], False),
        (["After", "and on"], False),
    ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_a_mail_tells_is_never_read_as_a_template_or_as_html(write, told):
    folder = write(_utility__en__contact_code=SOUND)
    mail = told(folder, "contact_code", app="{{ code }} <b>")

    assert "\n{{ code }} <b> 408 217\n" in mail["text"]
    assert "{{ code }} &lt;b&gt; 408 217" in mail["html"]


def test_an_operator_sees_a_mail_before_anybody_gets_it(app, settings, clock, write, monkeypatch):
    words = "Subject: Ende\n\n{{ app }}: {% for each in lines %}{{ each }} {% endfor %}\n\n{{ link }}\n{{ utility }}\n"
    folder = write(north__de__revoked=words, south__de__revoked=template_of("revoked"))
    given = {"database_url": settings.database_url, "key_file": settings.key_file, "mail_templates_dir": folder}
    for name, value in given.items():
        monkeypatch.setenv(f"CDSC_{name.upper()}", value)
    with app.app_context(), transaction() as session:
        provisioned.brand(session, {"label_partner": "north", "name": "North Power"}, at=clock.now())
    ask = ["preview", "revoked", "--language", "de", "--brand"]
    checked, seen, unknown = (
        CliRunner().invoke(cli_mail.mail, words) for words in (["check"], [*ask, "north"], [*ask, "south"])
    )

    assert "north, de: 1 of 13 kinds: revoked\n" in checked.output
    assert "south: no label partner has this id" in checked.output
    assert seen.output.startswith("Subject: Ende\n\nKestrel Carbon: Sie haben es am 2. März 2026")
    assert seen.output.endswith(f"\n{LINK}\nNorth Power\n")
    assert unknown.exit_code == 2
