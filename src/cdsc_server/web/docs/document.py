"""The OpenAPI 3.1 document of an application, made from its routes and from what its views say of themselves."""

from __future__ import annotations

import inspect
import json
import re
from typing import Any, Final, cast

import yaml
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from flask import Flask
from marshmallow import Schema, fields

from cdsc_server import __version__, exact_json
from cdsc_server.web.context import Context
from cdsc_server.web.describe import TAGS
from cdsc_server.web.docs.books import CLIENTS, Book
from cdsc_server.web.docs.operations import operations
from cdsc_server.web.docs.security import security_schemes, service_schemes

_REFERENCE: Final = re.compile(r"#/components/schemas/([^\"]+)")


def openapi(app: Flask, book: Book = CLIENTS, *, server: str) -> dict[str, Any]:
    """
    The document as plain values, in an order that does not change from run to run.

    Args:
        book: which of the documents.
        server: address that the paths hang under: the base_url of a running server, "/" in the repository.
    """
    context: Context = app.extensions["cdsc"]
    marshmallow = MarshmallowPlugin(schema_name_resolver=_name)
    spec = APISpec(book.title, __version__, "3.1.0", plugins=[marshmallow])
    converter = cast("OpenAPIConverter", marshmallow.converter)
    # JSON Schema knows no "url"; our enumerations are texts.
    converter.field_mapping = {
        **converter.field_mapping,
        fields.Url: ("string", "uri"),
        fields.Enum: ("string", None),
    }
    for operation in operations(app, book):
        spec.path(path=operation.path, operations={operation.method: dict(operation.content)})
    # Through JSON, so that what stands in it twice is two values, which YAML would write as anchors.
    made = json.loads(exact_json.dumps(spec.to_dict()))
    schemas = made["components"].get("schemas", {})
    read = _read_by_server(made["paths"], schemas)
    return {
        "openapi": made["openapi"],
        "info": {
            **made["info"],
            "summary": book.summary,
            "description": book.about,
            "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": server}],
        "tags": _tags(made["paths"]),
        "paths": made["paths"],
        "components": {
            "schemas": dict(sorted(_explained(schemas, converter, strict=read).items())),
            "securitySchemes": (
                security_schemes(app, context.catalogue, server=server)
                if book.scope is None
                else service_schemes(app, {book.scope: book.opened}, server=server)
            ),
        },
    }


def as_json(document: dict[str, Any]) -> str:
    """The document as the text of a JSON file."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_yaml(document: dict[str, Any]) -> str:
    """The document as the text of a YAML file."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as they are read, not folded into quotes."""


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def _name(schema: Any) -> str:
    """The component's name: the class without the word Schema, as the specifications name the object."""
    cls = schema if isinstance(schema, type) else type(schema)
    return cls.__name__.removesuffix("Schema")


def _tags(paths: dict[str, Any]) -> list[dict[str, str]]:
    used = {tag for item in paths.values() for operation in item.values() for tag in operation["tags"]}
    return [{"name": name, "description": text} for name, text in TAGS.items() if name in used]


def _explained(
    schemas: dict[str, Any], converter: OpenAPIConverter, *, strict: frozenset[str]
) -> dict[str, dict[str, Any]]:
    """
    The schemas with the docstrings of their classes as descriptions.

    Those that only leave the server allow further members: an extension must not break whoever reads the object.
    """
    classes: dict[str, type[Schema]] = {name: key[0] for key, name in converter.refs.items()}
    explained = {}
    for name, schema in schemas.items():
        kept = {key: value for key, value in schema.items() if name in strict or key != "additionalProperties"}
        explained[name] = {"description": " ".join((inspect.getdoc(classes[name]) or "").split()), **kept}
    return explained


def _read_by_server(paths: dict[str, Any], schemas: dict[str, Any]) -> frozenset[str]:
    """Names of the schemas that describe what callers send."""
    bodies = [op["requestBody"] for item in paths.values() for op in item.values() if "requestBody" in op]
    found: set[str] = set()
    waiting = set(_REFERENCE.findall(json.dumps(bodies)))
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= set(_REFERENCE.findall(json.dumps(schemas[name]))) - found
    return frozenset(found)
