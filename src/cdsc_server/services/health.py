"""Whether what the server stands on works."""

from sqlalchemy import text

from cdsc_server.storage.db import reading


def check_database() -> None:
    """
    Ask the database for nothing.

    Raises:
        SQLAlchemyError: it does not answer.
    """
    with reading() as session:
        session.execute(text("SELECT 1"))
