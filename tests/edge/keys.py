"""Certificates and tokens, made by openssl for one run."""

import base64
import json
import pathlib
import subprocess
import time


def _openssl(*words: str | pathlib.Path, data: bytes = b"") -> bytes:
    done = subprocess.run(
        ["openssl", *words], input=data, capture_output=True, check=True
    )
    return done.stdout


def make_certificate(directory: pathlib.Path, name: str = "localhost") -> bytes:
    """A new tls.crt with its key, moved into their places; the certificate."""
    directory.mkdir(exist_ok=True)
    key, certificate = directory / "new.key", directory / "new.crt"
    _openssl(
        *(
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
        ),
        *("-nodes", "-days", "2", "-subj", f"/CN={name}"),
        *("-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1"),
        *("-keyout", key, "-out", certificate),
    )
    content = certificate.read_bytes()
    key.rename(directory / "tls.key")
    certificate.rename(directory / "tls.crt")
    return content


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _json(value: dict[str, object]) -> str:
    return _text(json.dumps(value).encode())


class Signer:
    """A key pair that signs tokens."""

    def __init__(self, path: pathlib.Path) -> None:
        self._path = path
        _openssl("genrsa", "-out", path, "2048")

    def jwks(self) -> str:
        """Its public half, as envoy reads it."""
        modulus = _openssl("rsa", "-in", self._path, "-noout", "-modulus")
        number = bytes.fromhex(modulus.decode().strip().partition("=")[2])
        key = {"kty": "RSA", "alg": "RS256", "kid": "1", "use": "sig"}
        return json.dumps({"keys": [{**key, "n": _text(number), "e": "AQAB"}]})

    def token(
        self, role: str, *, lifetime_s: int = 60, algorithm: str = "RS256"
    ) -> str:
        """A token; with the algorithm "none" it has no signature."""
        head = {"alg": algorithm, "kid": "1", "typ": "JWT"}
        claims = {
            "iss": "https://id.example.org",
            "aud": "thespian",
            "exp": int(time.time()) + lifetime_s,
            "role": role,
        }
        content = f"{_json(head)}.{_json(claims)}"
        if algorithm == "none":
            return content + "."
        signature = _openssl(
            "dgst", "-sha256", "-sign", self._path, data=content.encode()
        )
        return f"{content}.{_text(signature)}"
