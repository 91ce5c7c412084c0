"""How gateways are reached: by everyone, or over mTLS by whom rules name."""

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from authority import Authority

OPEN = "open"
MTLS = "mtls"
ACCESSES = (OPEN, MTLS)

RULES = Path(__file__).resolve().parent / "rules.toml"

# Whom a scenario's client shows itself as.
CLIENT = "client"  # whom the rules let do what the scenarios do
GUEST = "guest"  # whom they let do little
FOREIGN = "foreign"  # by its name the client, but of another authority
NOBODY = "none"  # shows no certificate
CERTIFICATES = (CLIENT, GUEST, FOREIGN, NOBODY)

# Where gateways listen, and where those that are started again do: nothing
# else binds ports there, so that theirs stay free between two runs.
HOST = "127.0.0.1"
RESTART_HOST = "127.0.0.2"

# For a runner: the paths of the files that it connects with.
Tls = dict[str, str]


@dataclass(frozen=True)
class Access:
    """What gateways are started with, and clients connect with."""

    name: str
    gateway_options: tuple[str, ...] = ()
    # By certificate; nothing: without TLS.
    tls: Mapping[str, Tls] = field(default_factory=dict)


@contextlib.contextmanager
def opened(name: str) -> Iterator[Access]:
    """An access, whose certificates are thrown away afterwards."""
    if name == OPEN:
        yield Access(OPEN)
        return
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        yield mtls(Path(folder))


def mtls(folder: Path) -> Access:
    """Both sides show certificates of an authority that is made here."""
    ours, other = folder / "ours", folder / "other"
    ours.mkdir()
    other.mkdir()
    authority = Authority(ours)
    addresses = (f"IP:{HOST}", f"IP:{RESTART_HOST}", "DNS:localhost")
    authority.issue("server", *addresses)
    authority.issue(CLIENT, spiffe_id(CLIENT))
    authority.issue(GUEST, spiffe_id(GUEST))
    foreigner = Authority(other)
    foreigner.issue(CLIENT, spiffe_id(CLIENT))
    ca = {"ca": str(authority.path("ca.pem"))}
    return Access(
        MTLS,
        gateway_options(authority),
        {
            CLIENT: ca | shown(authority, CLIENT),
            GUEST: ca | shown(authority, GUEST),
            FOREIGN: ca | shown(foreigner, CLIENT),
            NOBODY: ca,
        },
    )


def spiffe_id(name: str) -> str:
    """As openssl writes it; rules.toml knows it without the "URI:"."""
    return f"URI:spiffe://conformance.test/{name}"


def shown(authority: Authority, name: str) -> Tls:
    """A client's certificate and its key."""
    return {
        "cert": str(authority.path(f"{name}.pem")),
        "key": str(authority.path(f"{name}.key")),
    }


def gateway_options(authority: Authority) -> tuple[str, ...]:
    """Of a gateway that asks for a certificate, and then the rules."""
    return (
        *("--tls-cert", str(authority.path("server.pem"))),
        *("--tls-key", str(authority.path("server.key"))),
        *("--tls-client-ca", str(authority.path("ca.pem"))),
        *("--tls-client", "required", "--rules", str(RULES)),
    )
