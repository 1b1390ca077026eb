"""A ceiling: Flask answering a short JSON body, and nothing else."""

from __future__ import annotations

from flask import Flask

application = Flask(__name__)


@application.get("/healthz")
def healthz() -> dict[str, str]:
    return {"status": "ok"}
