"""AES-256-CBC as the vendors' callbacks use it, padded as PKCS#7 says (pure).

It hides what is said and proves nothing: who said it is proved by the signature beside it.
"""

from typing import Any

from xiaohao.errors import BadCallback

BLOCK = 16
KEY = 32
"""Bytes of a key."""


def opened(key: bytes, iv: bytes, sealed: bytes, *, padded_to: int) -> bytes:
    """What was sealed, without its padding, which must be whole: 1 to `padded_to` bytes of their own number.

    Raises BadCallback for another length and for a wrong padding: another key, or something was changed.
    """
    if not sealed or len(sealed) % BLOCK:
        raise BadCallback("密文的长度不对")
    cipher = _cbc(key, iv).decryptor()
    padded: bytes = cipher.update(sealed) + cipher.finalize()
    count = padded[-1]
    if not 1 <= count <= min(padded_to, len(padded)) or padded[-count:] != bytes([count]) * count:
        raise BadCallback("密文解不开：密钥不对，或内容有改动")
    return padded[:-count]


def sealed(key: bytes, iv: bytes, plain: bytes, *, padded_to: int) -> bytes:
    """The other way round: padded to a multiple of `padded_to` bytes, a whole one more where it fits already."""
    count = padded_to - len(plain) % padded_to
    cipher = _cbc(key, iv).encryptor()
    done: bytes = cipher.update(plain + bytes([count]) * count) + cipher.finalize()
    return done


def _cbc(key: bytes, iv: bytes) -> Any:
    # imported when it is needed: every command reads the settings, and few answer a callback
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    return Cipher(algorithms.AES(key), modes.CBC(iv))
