"""Pages of the Customer: the form, receipts, and who has my data."""

from flask import Flask

from cdsc_server.web import pages, sign_in
from cdsc_server.web.consent import download, form, my_data, receipt


def install(app: Flask) -> None:
    """Offer every page for people: front page, sign-in, form, receipts, my data and its download."""
    pages.install(app)
    sign_in.install(app)
    for part in (form, receipt, my_data, download):
        app.register_blueprint(part.blueprint)
