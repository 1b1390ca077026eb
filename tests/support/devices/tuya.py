"""A made-up Tuya plug that speaks protocol 3.3: frames with a checksum, and JSON under AES with its own key."""

from __future__ import annotations

import json
import socket
import struct
import zlib
from typing import Any, Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from tests.support.devices.fakes import ServerFake

DEVICE_ID: Final = "bf00made0up00plug0id"
KEY: Final = "0123456789abcdef"
_PREFIX, _SUFFIX = 0x55AA, 0xAA55
_QUERY: Final = 10


class TuyaFake(ServerFake):
    """Scenarios: `offline` (deaf), `busy` (it hangs up), `bad_login` (another key), `noise`, `sentinels`, `empty`."""

    def serve(self, request: socket.socket, client: Any) -> None:
        if self.scenario == "busy":
            return
        while len(head := request.recv(16)) == 16:
            _, number, command, length = struct.unpack(">4I", head)
            body = request.recv(length)
            self.asked.append(str(command))
            if self.scenario == "offline":
                continue
            if command == _QUERY and json.loads(_decrypted(body[:-8]))["devId"] == DEVICE_ID:
                request.sendall(self._answer(number))

    def _answer(self, number: int) -> bytes:
        dps = {"1": True, "9": 0, "17": 3, "18": 810, "19": 1824, "20": 2312}
        if self.scenario == "sentinels":
            dps = {"1": False, "18": None, "19": -1}
        told = json.dumps({} if self.scenario == "empty" else {"dps": dps}).encode()
        payload = _encrypted(told, KEY[::-1] if self.scenario == "bad_login" else KEY)
        content = struct.pack(">5I", _PREFIX, number, _QUERY, len(payload) + 12, 0) + payload
        checksum = zlib.crc32(content) ^ (self.scenario == "noise")
        return content + struct.pack(">2I", checksum, _SUFFIX)


def _cipher(key: str) -> Cipher[modes.ECB]:
    # The protocol's own choice.
    return Cipher(algorithms.AES(key.encode()), modes.ECB())  # noqa: S305


def _encrypted(plain: bytes, key: str) -> bytes:
    padder, cipher = PKCS7(128).padder(), _cipher(key).encryptor()
    return cipher.update(padder.update(plain) + padder.finalize()) + cipher.finalize()


def _decrypted(sealed: bytes) -> bytes:
    padder, cipher = PKCS7(128).unpadder(), _cipher(KEY).decryptor()
    return padder.update(cipher.update(sealed) + cipher.finalize()) + padder.finalize()
