"""The page of a payment, and where its provider calls back."""

from flask import Flask

from cdsc_server.web.payments import callback, page


def install(app: Flask) -> None:
    """Register both."""
    app.register_blueprint(callback.blueprint)
    app.register_blueprint(page.blueprint)
