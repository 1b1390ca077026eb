"""What many requests read is prepared by the database once, not parsed and planned at each of them."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from cdsc_server.storage.db import reading


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_is_read_often_stays_prepared(app):
    with app.app_context():
        for _ in range(10):
            with reading() as session:
                session.execute(text("SELECT 'often'")).all()

        with reading() as session:
            kept = session.scalars(text("SELECT statement FROM pg_prepared_statements")).all()

    assert "SELECT 'often'" in kept
