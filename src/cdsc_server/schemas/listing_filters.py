"""How query parameters narrow the listings of Customer data; each kind says where in the answered object it looks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from marshmallow import Schema, fields


class Among(fields.String):
    """
    Values, space-separated or repeated; an object stays if what stands at `path` is one of them, or holds one.

    Args:
        path: members of the object, such as "account_contacts[].value"; None for filters that are judged elsewhere.
    """

    def __init__(self, path: str | None, description: str) -> None:
        super().__init__(metadata={"description": f"{description}, separated by spaces."})
        self.path = path


class Search(fields.String):
    """A text; an object stays if one of the members at `paths` contains it, in whatever case."""

    def __init__(self, *paths: str) -> None:
        names = ", ".join(paths)
        super().__init__(metadata={"description": f"Text to find, in whatever case, in what is visible of: {names}."})
        self.paths = paths


class Filters(Schema):
    """Base of the parameters of a listing."""

    page = fields.String(metadata={"description": "A place in the listing, as `next` and `previous` give it."})


def keeps(schema: Schema, asked: Mapping[str, Any], shown: Mapping[str, Any]) -> bool:
    """
    Whether an object passes every filter asked for.

    Args:
        asked: values by parameter: a set of strings for Among, a string for Search.
        shown: the object as the Client would get it, so that what it may not see cannot matter.
    """
    for name, value in asked.items():
        field = schema.fields[name]
        if isinstance(field, Among) and field.path is not None:
            if not any(found in value for found in texts_at(shown, field.path)):
                return False
        elif isinstance(field, Search):
            wanted = value.casefold()
            if not any(wanted in found.casefold() for path in field.paths for found in texts_at(shown, path)):
                return False
    return True


def texts_at(shown: Mapping[str, Any], path: str) -> Iterable[str]:
    """The strings at a path; none where a member is not there or null."""
    name, _, rest = path.partition(".")
    value: Any = shown.get(name.removesuffix("[]"))
    each: Sequence[Any] = value if isinstance(value, list) else [value]
    for one in each:
        if rest and isinstance(one, Mapping):
            yield from texts_at(one, rest)
        elif not rest and isinstance(one, str):
            yield one
