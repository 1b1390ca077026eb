"""Pages of the Customer: the form, receipts, who has my data, and what it costs."""

from flask import Flask

from cdsc_server.web import pages, sign_in
from cdsc_server.web.consent import download, form, my_costs, my_data, news, receipt


def install(app: Flask) -> None:
    """Offer every page for people: front page, sign-in, form, receipts, my data and its download, my costs."""
    pages.install(app)
    sign_in.install(app)
    for part in (form, receipt, my_costs, my_data, news, download):
        app.register_blueprint(part.blueprint)
