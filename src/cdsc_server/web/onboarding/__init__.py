"""Pages for people who register a Client: the form, what its fields mean, what production needs, test accounts."""

from flask import Flask

from cdsc_server.web.onboarding import addresses, field_pages, purposes, register_page, requirement_pages, test_accounts


def install(app: Flask) -> None:
    """Register them all."""
    for room in (register_page, field_pages, requirement_pages, test_accounts, purposes, addresses):
        app.register_blueprint(room.blueprint)
