from tests.support.live import Landing


def test_a_redirect_to_the_client_arrives_over_tls(page, client_site):
    """The last step of every consent: the Customer's browser leaves for the Client's redirect_uri."""
    page.goto(f"{client_site.callback}?code=abc&state=")

    assert page.title() == "Client"
    assert client_site.landings == [Landing("/callback", {"code": "abc", "state": ""})]


def test_the_server_answers_a_browser(page, live_server):
    answer = page.goto("/no-such-page")

    assert answer.status == 404
    assert answer.url == f"{live_server.url}/no-such-page"
