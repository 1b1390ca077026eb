"""A KeyStore whose key is a file: AES-256-GCM, one random nonce per seal, the context authenticated with it."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cdsc_server.errors import InvalidConfiguration

_NONCE = 12


class FileKeyStore:
    """Seals with the key in a file, which must hold 32 random bytes in base64."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def __repr__(self) -> str:
        return "FileKeyStore(key hidden)"

    @classmethod
    def read(cls, path: str) -> FileKeyStore:
        """
        The store of the key in this file.

        Raises:
            InvalidConfiguration: no such file, or it does not hold a key.
        """
        try:
            key = base64.b64decode(Path(path).read_text(encoding="ascii").strip(), validate=True)
        except (OSError, ValueError) as fault:
            raise InvalidConfiguration(
                [f"CDSC_KEY_FILE {path!r} cannot be read; make one with: cdsc keys create"]
            ) from fault
        if len(key) != 32:
            raise InvalidConfiguration([f"CDSC_KEY_FILE {path!r} does not hold 32 bytes in base64"])
        return cls(key)

    @staticmethod
    def create(path: str) -> None:
        """
        Write a new random key, readable by its owner only.

        Raises:
            FileExistsError: there is a file already; a key is never replaced by accident.
        """
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(base64.b64encode(secrets.token_bytes(32)).decode() + "\n")

    def seal(self, plain: str, *, context: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, plain.encode(), context.encode())

    def open(self, sealed: bytes, *, context: str) -> str:
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], context.encode()).decode()
        except InvalidTag as fault:
            raise ValueError("sealed with another key or for another use, or changed since") from fault
