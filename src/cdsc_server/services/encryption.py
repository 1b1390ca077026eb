"""Answers that only the holder of a key can read: compact JWE (RFC 7516; CDS-WG3-01 7.4.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from joserfc import jwe
from joserfc.jwk import ECKey

from cdsc_server.domain.encryption_keys import ALGORITHM

#: What an encrypted answer is called (RFC 7515 9.2.1).
MEDIA_TYPE: Final = "application/jose"
_ENCRYPTION: Final = "A256GCM"


def encrypted(content: bytes, key: Mapping[str, Any], *, media_type: str) -> bytes:
    """
    The content as a compact JWE for the holder of the private key; each time other bytes.

    Args:
        key: a public JWK that `domain.encryption_keys.key_fault` finds nothing wrong with.
        media_type: of the content, which the header tells as `cty`.
    """
    header = {"alg": ALGORITHM, "enc": _ENCRYPTION, "cty": media_type}
    if "kid" in key:
        header["kid"] = key["kid"]
    public = ECKey.import_key({name: key[name] for name in ("kty", "crv", "x", "y")})
    return jwe.encrypt_compact(header, content, public, algorithms=[ALGORITHM, _ENCRYPTION]).encode()
