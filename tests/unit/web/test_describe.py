"""What a view says of itself, and what the document makes of it."""

import pytest
from flask import Blueprint, Flask
from marshmallow import EXCLUDE, Schema, fields

from cdsc_server.errors import InvalidGrant, TooManyRequests
from cdsc_server.web.bearer import bearer, public
from cdsc_server.web.describe import Answer, describe, description_of, reason_of, undocumented
from cdsc_server.web.docs.books import CLIENTS
from cdsc_server.web.docs.operations import operations


class Thing(Schema):
    """A thing."""

    class Meta:
        unknown = EXCLUDE

    name = fields.String(required=True)


def operation(view, *, rule="/things", style=None, methods=("GET",)):
    """The Operation Object of the last method of a view at this route."""
    app = Flask("described")
    blueprint = Blueprint("things", __name__)
    if style is not None:
        blueprint.problem_style = style
    blueprint.add_url_rule(rule, "look", view, methods=list(methods))
    app.register_blueprint(blueprint)
    return list(operations(app, CLIENTS))[-1]


def test_the_docstring_gives_summary_and_description():
    """What developers read after Raises is not for callers."""

    @public
    @describe(tag="Grants", section="CDS-WG1-02 8.5", answers={200: Thing})
    def view():
        """
        List things.

        All of them.

        Raises:
            NotFound: never.
        """

    content = operation(view).content

    assert content["summary"] == "List things"
    assert content["description"] == "All of them.\n\nImplements CDS-WG1-02 8.5."


def test_security_is_read_from_the_bearer_declaration():
    """It is written once, where it is enforced; the refusals of RFC 6750 follow from it."""

    @bearer("cds_client_admin")
    @describe(tag="Grants", section="1", answers={200: Thing})
    def view():
        """Look."""

    content = operation(view).content

    assert content["security"] == [{"oauth2": ["cds_client_admin"]}]
    assert set(content["responses"]) == {"200", "400", "401", "403"}


def test_a_declaration_survives_decorators_in_either_order():
    """Whoever writes @bearer below @describe gets the same document."""

    @describe(tag="Grants", section="1", answers={200: Thing})
    @bearer()
    def view():
        """Look."""

    assert description_of(view).section == "1"
    assert operation(view).content["security"] == [{"oauth2": []}]


def test_an_authenticating_client_is_refused_with_401():
    """RFC 6749 5.2: invalid_client comes with the scheme to use."""

    @public
    @describe(tag="Authorization", section="1", form=Thing, answers={200: Thing}, client_authentication=True)
    def view():
        """Get a token."""

    content = operation(view, style="oauth", methods=["POST"]).content

    assert content["security"] == [{"client_secret": []}]
    assert "WWW-Authenticate" in content["responses"]["401"]["headers"]
    assert list(content["requestBody"]["content"]) == ["application/x-www-form-urlencoded"]


@pytest.mark.parametrize(
    ("style", "media_type"),
    [(None, "application/problem+json"), ("oauth", "application/json"), ("page", "text/html")],
)
def test_refusals_have_the_form_of_their_blueprint(style, media_type):
    """web/problems.py answers in three forms; the document tells which."""

    @public
    @describe(tag="Grants", section="1", answers={200: None}, problems=(InvalidGrant, TooManyRequests))
    def view():
        """Look."""

    responses = operation(view, style=style).content["responses"]

    assert list(responses["400"]["content"]) == [media_type]
    assert "Retry-After" in responses["429"]["headers"]


def test_path_parameters_come_from_the_route():
    """Converters are ours; the template is OpenAPI's."""

    @public
    @describe(tag="Grants", section="1", answers={204: Answer(media_type=None)}, path={"thing_id": "Which."})
    def view(thing_id):
        """Look."""

    found = operation(view, rule="/things/<string(length=3):thing_id>")

    assert found.path == "/things/{thing_id}"
    assert found.content["parameters"] == [
        {"in": "path", "name": "thing_id", "required": True, "schema": {"type": "string"}, "description": "Which."}
    ]
    assert "404" in found.content["responses"]


def test_get_takes_a_query_where_post_takes_a_form():
    """The authorization endpoint reads the same parameters from either place."""

    @public
    @describe(tag="Authorization", section="1", query=Thing, form=Thing, answers={303: None})
    def view():
        """Ask."""

    content = operation(view, methods=["GET", "POST"]).content

    assert content["operationId"] == "things_look_post"
    assert "parameters" not in content
    assert "requestBody" in content


def test_an_unknown_tag_is_refused_where_it_is_written():
    """A mistyped tag would open a chapter of its own."""
    with pytest.raises(ValueError, match="Grantz"):
        describe(tag="Grantz", section="1", answers={200: None})


def test_an_operation_reads_json_or_a_form():
    """Both at once could not be told apart."""
    with pytest.raises(ValueError, match="either"):
        describe(tag="Grants", section="1", answers={200: None}, body=Thing, form=Thing)


def test_an_undocumented_view_says_why():
    """And it is left out."""

    @public
    @undocumented("a page")
    def view():
        """Look."""

    app = Flask("described")
    app.add_url_rule("/page", "page", view)

    assert reason_of(view) == "a page"
    assert list(operations(app, CLIENTS)) == []


def test_two_operations_cannot_share_a_name():
    """Generated clients name their functions by it."""

    @public
    @describe(tag="Grants", section="1", answers={200: Thing})
    def view():
        """Look."""

    app = Flask("described")
    app.add_url_rule("/a", "look", view)
    app.add_url_rule("/b", "look", view)

    with pytest.raises(ValueError, match="look"):
        list(operations(app, CLIENTS))
