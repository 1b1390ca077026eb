"""Standing guards over every route of the application."""

from cdsc_server.web.bearer import access_of


def test_every_view_says_who_may_call_it(app):
    """A view that says nothing would be open by accident."""
    silent = [name for name, view in app.view_functions.items() if access_of(view) is None]

    assert silent == []


def test_every_route_under_the_data_doors_needs_a_token(app):
    """Accounts, contracts, service points, meters and usage are never public."""
    doors = (
        "/cds/",
        "/usage_data",
        "/supply_details",
        "/distribution_details",
        "/generation_mix",
        "/grants",
        "/clients",
    )
    open_doors = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(doors) and access_of(app.view_functions[rule.endpoint]) == "public"
    ]

    assert open_doors == []
    assert any(rule.rule.startswith("/cds/") for rule in app.url_map.iter_rules())
