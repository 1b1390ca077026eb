"""Column types that keep what they are given: exact decimals, aware UTC instants, JSON with every digit."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import DateTime, Numeric, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from cdsc_server import exact_json


class ExactDecimal(TypeDecorator[Decimal]):
    """A Decimal with its digits: unscaled NUMERIC on PostgreSQL, text on SQLite, whose NUMERIC is a binary float."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Numeric())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if not value.is_finite():
            raise ValueError(f"{value} is not a finite number")
        return format(value, "f") if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return None if value is None else Decimal(value)

    def compare_values(self, x: Any, y: Any) -> bool:
        # 1.5 and 1.50 are equal, but a row that is given the other one is to be written anew.
        return x == y and str(x) == str(y)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, always UTC: timestamptz on PostgreSQL, sortable text on SQLite. Naive values are refused."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("a naive datetime cannot be stored")
        utc = value.astimezone(UTC)
        # One width for all, so that text order is time order.
        return utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)


class ExactJSON(TypeDecorator[Any]):
    """Plain JSON values kept as text; fractions come back as Decimal with the digits they were stored with."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else exact_json.dumps(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else exact_json.loads(value)

    def compare_values(self, x: Any, y: Any) -> bool:
        # As with ExactDecimal.
        return x == y and exact_json.dumps(x) == exact_json.dumps(y)
