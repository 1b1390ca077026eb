from cdsc_conformance.people import forms_of, page_of
from tests.unit.conformance.support import exchange

SIGN_IN = b"""<form action="/login" method="post"><input type="hidden" name="csrf" value="1">
<label>E-mail <input name="mail" type="email"></label><input name="pass" type="password"><button>Go</button></form>"""

CONSENT = b"""<form method="post"><button name="do" value="update">Update</button>
<input type="checkbox" name="meter" value="m1" checked><input type="checkbox" name="meter" value="m2">
<input type="checkbox" name="leave_out" value="1">
<button name="do" value="no">Do not share</button><button name="do" value="yes">Share my <b>data</b></button></form>"""

PLAIN = b"""<form method="post"><input type="submit" name="deny" value="Cancel">
<input type="submit" name="ok" value="Authorise"></form>"""


def forms(page):
    return forms_of(exchange(headers={"Content-Type": "text/html; charset=utf-8"}, body=page))


def test_a_sign_in_form_is_known_by_its_password():
    (form,) = forms(SIGN_IN)

    assert (form.username, form.password, form.action, form.method) == ("mail", "pass", "/login", "POST")
    assert ("csrf", "1") in form.fields


def test_the_buttons_that_agree_and_decline_are_told_apart():
    (form,), (plain,) = forms(CONSENT), forms(PLAIN)

    assert (form.button(yes=True), form.button(yes=False)) == (("do", "yes"), ("do", "no"))
    assert (plain.button(yes=True), plain.button(yes=False)) == (("ok", "Authorise"), ("deny", "Cancel"))


def test_what_is_ticked_is_sent_and_what_leaves_out_is_never_ticked():
    (form,) = forms(CONSENT)

    assert form.fields == [("meter", "m1")]
    assert form.boxes == [("meter", "m2")]


def test_only_pages_have_forms():
    assert forms_of(exchange(body=SIGN_IN)) == []


def test_a_page_is_read_as_people_read_it():
    page = page_of(
        exchange(
            body=b"""<meta name="Robots" content="noindex"><style>P1Y</style><h1>Share  <b>data</b></h1>
            <script>P2Y</script><nav></nav><a href="/help" target="_blank">Help</a>"""
        )
    )

    assert page.words == "Share data Help"
    assert page.links == [{"href": "/help", "target": "_blank"}]
    assert page.metas == {"robots": "noindex"}
    assert "nav" in page.elements
