"""
Conditions over many ids, sent as one parameter for each column.

An IN list of a hundred is compiled, sent and planned anew each time, which takes longer than looking the rows up.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, BigInteger, BindParameter, Boolean, ColumnElement, String, Text, bindparam
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

from cdsc_server import exact_json


def among(column: Any, ids: Collection[Any]) -> ColumnElement[bool]:
    """Whether a column holds one of these; as `in_`, for lists as long as a page."""
    return _Among(column, _listed(list(ids), type(column.type)))


def among_given(column: Any, name: str) -> ColumnElement[bool]:
    """Whether a column holds one of a list that is given at each execution, as the parameter of this name."""
    return _Among(column, bindparam(name, type_=_List(type(column.type)), required=True))


def among_pairs(number: Any, text: Any, pairs: Collection[tuple[int, str]]) -> ColumnElement[bool]:
    """Whether a column of whole numbers and one of text hold one of these pairs; each is looked up by itself."""
    numbers, texts = _listed([each for each, _ in pairs], BigInteger), _listed([each for _, each in pairs], String)
    # Each database is sent what it takes: two lists beside each other, or one of pairs.
    return _AmongPairs(number, text, numbers, texts, _listed([list(each) for each in pairs], String))


def _listed(values: list[Any], kind: type[TypeEngine[Any]]) -> BindParameter[Any]:
    return bindparam(None, values, type_=_List(kind), unique=True)


class _List(TypeDecorator[list[Any]]):
    """An array on PostgreSQL, JSON on SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: type[TypeEngine[Any]]) -> None:
        super().__init__()
        self.kind = kind

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(_Written(_WRITTEN[self.kind]) if self.kind in _WRITTEN else ARRAY(self.kind))

    def process_bind_param(self, value: list[Any] | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if dialect.name == "sqlite":
            return exact_json.dumps(value).decode()
        if self.kind is String:
            # Quotes around each, so that no word, space or comma means anything else.
            return "{" + ",".join([f'"{each}"' for each in _escaped(value)]) + "}"
        return f"{{{str(value)[1:-1]}}}" if self.kind in _WRITTEN else value


#: Lists of these are written out at once: the driver would look at each entry by itself.
_WRITTEN = {String: "VARCHAR[]", BigInteger: "BIGINT[]"}


def _escaped(texts: list[str]) -> list[str]:
    together = "".join(texts)
    if '"' in together or "\\" in together:
        return [each.replace("\\", "\\\\").replace('"', '\\"') for each in texts]
    return texts


class _Written(UserDefinedType[str]):
    """A type of PostgreSQL whose values are given as text."""

    cache_ok = True
    render_bind_cast = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        return self.name


class _Condition(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: OperatorType | None = None) -> Any:  # noqa: ARG002
        # For SQLite, which has no truth values, SQLAlchemy would compare this with 1, and then no index helps.
        return self


class _Among(_Condition):
    name = "among"
    inherit_cache = True


class _AmongPairs(_Condition):
    name = "among_pairs"
    inherit_cache = True


@compiles(_Among, "postgresql")
def _on_postgresql(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:
    column, ids = element.clauses
    return f"{compiler.process(column, **kw)} = ANY ({compiler.process(ids, **kw)})"


@compiles(_Among, "sqlite")
def _on_sqlite(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:
    column, ids = element.clauses
    return f"{compiler.process(column, **kw)} IN (SELECT value FROM json_each({compiler.process(ids, **kw)}))"  # noqa: S608  (no value stands in it)


@compiles(_AmongPairs, "postgresql")
def _pairs_on_postgresql(element: _AmongPairs, compiler: SQLCompiler, **kw: Any) -> str:
    number, text, numbers, texts = (compiler.process(each, **kw) for each in list(element.clauses)[:4])
    return f"({number}, {text}) IN (SELECT * FROM unnest({numbers}, {texts}))"  # noqa: S608  (no value stands in it)


@compiles(_AmongPairs, "sqlite")
def _pairs_on_sqlite(element: _AmongPairs, compiler: SQLCompiler, **kw: Any) -> str:
    # Two lists could only be joined by their keys, for which SQLite goes through one for each entry of the other.
    number, text, pairs = (compiler.process(list(element.clauses)[place], **kw) for place in (0, 1, 4))
    found = f"SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each({pairs})"  # noqa: S608  (no value stands in it)
    return f"({number}, {text}) IN ({found})"
