"""`/healthz`."""

from cdsc_server.storage.db import db


def test_a_working_server_says_so(client):
    answer = client.get("/healthz")

    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_a_lost_database_is_told(app, client, monkeypatch):
    """An engine whose connections fail stands for a server that went away."""

    def refuses(*_args, **_kwargs):
        raise db.engine.dialect.dbapi.OperationalError("gone")

    with app.app_context():
        engine = db.engine
        engine.dispose()
        monkeypatch.setattr(engine.dialect, "connect", refuses)

        answer = client.get("/healthz")

    assert (answer.status_code, answer.json["status"]) == (503, "the database does not answer")
