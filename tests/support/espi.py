"""Green Button files held against the schema of NAESB."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

_SCHEMAS = Path(__file__).parents[1] / "data" / "espi"
ESPI = "{http://naesb.org/espi}"


class _Local(etree.Resolver):
    """Answers every import from the directory of the schemas, none from the network."""

    def resolve(self, url: str, public_id: str | None, context: Any) -> Any:
        return self.resolve_filename(str(_SCHEMAS / url.rpartition("/")[2]), context)


_BOTH = """
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:import namespace="http://www.w3.org/2005/Atom" schemaLocation="atom.xsd"/>
  <xs:import namespace="http://naesb.org/espi" schemaLocation="espi.xsd"/>
</xs:schema>
"""


@cache
def _schema() -> etree.XMLSchema:
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Local())
    return etree.XMLSchema(etree.fromstring(_BOTH, parser))


def valid(document: bytes) -> etree._Element:
    """
    The feed, which is valid Atom with valid ESPI in it.

    Raises:
        lxml.etree.DocumentInvalid: it is not.
    """
    feed = etree.fromstring(document)
    _schema().assertValid(feed)
    return feed


def texts(feed: etree._Element, name: str) -> list[str]:
    """The texts of all elements of ESPI of a name, in order."""
    return [element.text or "" for element in feed.iter(f"{ESPI}{name}")]
