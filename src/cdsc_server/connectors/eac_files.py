"""
Deliveries of Energy Attribute Certificates: a JSON file beside the files it names.

    {"eacs": [{"id": "GC-2026-10-0017", "beneficiary_type": "rateplan", "beneficiaries": ["E-GREEN"],
               "eac_numbers": ["DG-000017"], "eac_format": "dge_certificate", "supply_type": "wind",
               "period_start": "2026-10-01T04:00:00Z", "period_end": "2026-11-01T04:00:00Z",
               "data_file": "GC-2026-10-0017.json"}]}

`supply_type` is for certificates that prove a share of a supply mix; `media_type` is read from the name of the file
unless it is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cdsc_server import exact_json
from cdsc_server.domain.durations import read_datetime
from cdsc_server.domain.eacs import BeneficiaryType, DeliveredEac
from cdsc_server.domain.server_files import media_type_of
from cdsc_server.errors import InvalidRequest

#: Bytes of the data of one certificate at most; they are kept in the database.
MOST_BYTES: Final = 1_000_000

_REQUIRED: Final = ("id", "beneficiary_type", "eac_format", "period_start", "period_end", "data_file")
_OPTIONAL: Final = ("supply_type", "media_type")
_LISTS: Final = ("beneficiaries", "eac_numbers")


def read_delivery(path: Path) -> list[DeliveredEac]:
    """
    The certificates of a delivery, in its order.

    Raises:
        InvalidRequest: the file is not such a delivery; the first fault is named.
        OSError: a file cannot be read.
    """
    try:
        document = exact_json.loads(path.read_bytes())
    except ValueError as fault:
        raise InvalidRequest(f"it is not JSON: {fault}") from fault
    except RecursionError as fault:
        raise InvalidRequest("it is nested too deep") from fault
    eacs = document.get("eacs") if isinstance(document, Mapping) else None
    if not isinstance(eacs, list):
        raise InvalidRequest("it must be a JSON object with an array named eacs")
    return [_read(number, each, path.parent) for number, each in enumerate(eacs)]


def _read(number: int, given: Any, directory: Path) -> DeliveredEac:
    where = f"eacs[{number}]"
    if not isinstance(given, Mapping):
        raise InvalidRequest(f"{where} must be an object")
    texts = {name: _text(given, name, where) for name in (*_REQUIRED, *_OPTIONAL) if name in {*given, *_REQUIRED}}
    lists = {name: _texts(given, name, where) for name in _LISTS}
    if unknown := sorted(given.keys() - {*_REQUIRED, *_OPTIONAL, *_LISTS}):
        raise InvalidRequest(f"{where}.{unknown[0]} is not known")
    if texts["beneficiary_type"] not in list(BeneficiaryType):
        raise InvalidRequest(f"{where}.beneficiary_type must be one of {', '.join(BeneficiaryType)}")
    try:
        start, end = (read_datetime(texts[name]) for name in ("period_start", "period_end"))
    except ValueError as fault:
        raise InvalidRequest(f"{where}: period_start and period_end: {fault}") from fault
    return DeliveredEac(
        source_id=texts["id"],
        beneficiary_type=BeneficiaryType(texts["beneficiary_type"]),
        beneficiaries=frozenset(lists["beneficiaries"]),
        numbers=tuple(lists["eac_numbers"]),
        format=texts["eac_format"],
        supply_type=texts.get("supply_type"),
        start=start,
        end=end,
        media_type=media_type_of(texts["data_file"], texts.get("media_type")),
        data=_data(texts["data_file"], directory, where),
    )


def _text(given: Mapping[str, Any], name: str, where: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value or "\0" in value:
        raise InvalidRequest(f"{where}.{name} must be a text")
    return value


def _texts(given: Mapping[str, Any], name: str, where: str) -> list[str]:
    value = given.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) and "\0" not in item for item in value):
        raise InvalidRequest(f"{where}.{name} must be an array of texts")
    return value


def _data(name: str, directory: Path, where: str) -> bytes:
    path = (directory / name).resolve()
    if not path.is_relative_to(directory.resolve()):
        # A delivery must not be able to hand out other files of this machine.
        raise InvalidRequest(f"{where}.data_file must lie beside the delivery")
    data = path.read_bytes()
    if len(data) > MOST_BYTES:
        raise InvalidRequest(f"{where}.data_file has more than {MOST_BYTES:,} bytes")
    return data
