"""
Meter-data hubs that speak JSON over HTTP, each described in a TOML file of the operator's.

`mapping.py` reads such a file and says all that is wrong with it, `paths.py` finds values in JSON, `client.py` signs in
and turns pages, `hub.py` makes readings. `hub_platforms` gives a platform for each file of a directory.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

from cdsc_server.connectors.hub.hub import open_hub
from cdsc_server.connectors.hub.mapping import HubMapping, read_mapping
from cdsc_server.errors import InvalidConfiguration
from cdsc_server.ports import Mode, PlatformKind

#: Before the name of the file, so that a hub never takes the name of a connector.
PREFIX: Final = "hub-"


def hub_platforms(directory: str) -> Mapping[str, PlatformKind]:
    """
    A platform for each `NAME.toml` of a directory, called `hub-NAME`; none for "".

    Raises:
        InvalidConfiguration: holds every fault of every file.
    """
    kinds: dict[str, PlatformKind] = {}
    faults: list[str] = []
    for path in sorted(Path(directory).glob("*.toml")) if directory else ():
        try:
            mapping = read_mapping(tomllib.loads(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
            faults.append(f"{path.name}: {fault}")
        except InvalidConfiguration as fault:
            faults += [f"{path.name}: {each}" for each in fault.faults]
        else:
            kinds[PREFIX + path.stem] = _kind(PREFIX + path.stem, mapping)
    if faults:
        raise InvalidConfiguration(faults)
    return kinds


def _kind(name: str, mapping: HubMapping) -> PlatformKind:
    return PlatformKind(
        name=name,
        title=mapping.title,
        modes=frozenset({Mode.STAGE, Mode.PROXY}),
        every=timedelta(minutes=mapping.every_minutes),
        calls_per_minute=mapping.calls_per_minute,
        history=timedelta(days=mapping.history_days),
        open=partial(open_hub, name, mapping),
    )
