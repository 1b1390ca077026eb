"""Fields that hand on what is kept: exact numbers, and embedded objects stored in the shape of the standard."""

from __future__ import annotations

from typing import Any

from marshmallow import fields


class Exact(fields.Decimal):
    """A JSON number with every digit it was given with."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        return value


class Listed(fields.List[Any]):
    """
    A page of objects that come in the shape of the standard, and leave as they come.

    Whoever makes them names each member; a page of a hundred would take longer here than in the database.
    """

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        return value


class Opened(fields.Nested):
    """
    An embedded object that is stored in the shape of the standard, and leaves as it is stored.

    The schema says what it looks like; extension members (CDS-WG3-01 11.6) stay.
    """

    def _serialize(self, nested_obj: Any, attr: Any, obj: Any, **kwargs: Any) -> Any:  # type: ignore[override]  # noqa: ARG002
        return nested_obj
