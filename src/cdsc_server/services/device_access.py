"""How a site with devices is reached: sealed while it is kept, open while it is asked."""

from __future__ import annotations

from typing import Final

from cdsc_server import exact_json
from cdsc_server.ports import KeyStore, PlatformAccess
from cdsc_server.storage.devices import DeviceSiteRow

_SEALED_FOR: Final = "device site "


def access_of(site: DeviceSiteRow, keys: KeyStore) -> PlatformAccess:
    """
    How to reach a site.

    Raises:
        ValueError: sealed with another key.
    """
    plain = exact_json.loads(keys.open(site.sealed, context=_SEALED_FOR + site.site_id))
    return PlatformAccess(timezone=site.timezone, **plain)


def sealed_access(site_id: str, access: PlatformAccess, keys: KeyStore) -> bytes:
    """What `access_of` reads back, for this site alone."""
    plain = {
        "address": access.address,
        "account": access.account,
        "secret": access.secret,
        "options": dict(access.options),
    }
    return keys.seal(exact_json.dumps(plain).decode(), context=_SEALED_FOR + site_id)
