"""A certificate authority for tests, made by the openssl command line."""

import subprocess
from pathlib import Path

DAYS = 2

CONFIG = """
[req]
distinguished_name = subject
[subject]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[party]
basicConstraints = critical, CA:FALSE
"""


class Authority:
    """An authority and what it has signed, with keys on P-256.

    Its folder has NAME.pem and NAME.key of each, and ca.pem.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path("openssl.cnf").write_text(CONFIG)
        self._make("ca", "authority")

    def issue(self, name: str, *alternatives: str) -> None:
        """Signs a certificate for `name`, with alternatives as openssl's."""
        extension = f"subjectAltName={','.join(alternatives)}"
        signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-addext", extension)
        self._make(name, "party", *signed)

    def path(self, name: str) -> Path:
        """Where a file of it lies."""
        return self._folder / name

    def read(self, name: str) -> bytes:
        """What is in a file of it."""
        return self.path(name).read_bytes()

    def _make(self, name: str, section: str, *options: str) -> None:
        form = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
        files = f"-keyout {name}.key -out {name}.pem"
        how = f"-config openssl.cnf -extensions {section} -days {DAYS}"
        command = f"{form} -subj /CN={name} {files} {how}"
        subprocess.run(  # noqa: S603 (what is named is ours)
            ["openssl", *command.split(), *options],  # noqa: S607
            cwd=self._folder,
            check=True,
            capture_output=True,
        )
