"""Fields that hand on what is kept: exact numbers, and embedded objects stored in the shape of the standard."""

from __future__ import annotations

from functools import cache
from operator import attrgetter
from typing import Any, Final

from marshmallow import Schema, fields

_getter: Final = cache(attrgetter)


class Shown(Schema):
    """
    Base of the shapes of objects of Customers: what they show stands in attributes, and never in items.

    Marshmallow tries the items of each first, which takes longer than all the rest of showing it.
    """

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """What stands at a dotted path of attributes; the default where there is none."""
        try:
            return _getter(attr)(obj)
        except AttributeError:
            return default


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
