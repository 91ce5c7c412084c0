"""Who may do what, by docker/edge/jwt.yaml and a key pair of our own."""

import contextlib
import pathlib
from collections.abc import Callable, Iterator

import grpc
import yaml
from api import Metadata
from envoy import connections, place_of, SHIPPED
from keys import Signer
from one import expect, JSON, refused, World, world


def with_tokens(config: dict) -> None:
    """Puts the filters where jwt.yaml says."""
    more = yaml.safe_load((SHIPPED / "jwt.yaml").read_text())
    filters = connections(config)["http_filters"]
    for name, key in {
        "envoy.filters.http.stateful_session": "before_session",
        "envoy.filters.http.grpc_json_transcoder": "before_transcoder",
    }.items():
        at = place_of(config, name)
        filters[at:at] = more[key]


@contextlib.contextmanager
def guarded_world(directory: pathlib.Path) -> Iterator[tuple[World, Signer]]:
    """The edge with the filters, and who signs what it takes."""
    signer = Signer(directory / "people.key")
    (directory / "jwks.json").write_text(signer.jwks())
    with world(directory, with_tokens) as made:
        yield made, signer


def bearer(token: str) -> Metadata:
    """The header that has it."""
    return [("authorization", f"Bearer {token}")]


def code_of(w: World, token: str | None) -> str:
    """How a call ends with that token."""
    try:
        w.api.echo("[1]", None if token is None else bearer(token))
    except grpc.RpcError as error:
        return error.code().name
    return "OK"


def taken_or_not(w: World, signer: Signer) -> None:
    """Only a valid token of the right key is taken."""
    stranger = Signer(w.directory / "stranger.key")
    forged = signer.token("viewer")[:-20] + signer.token("actor")[-20:]
    tokens = {
        "none": None,
        "garbage": "a.b.c",
        "of another key": stranger.token("actor"),
        "expired": signer.token("actor", lifetime_s=-60),
        "unsigned": signer.token("actor", algorithm="none"),
        "forged": forged,
        "right": signer.token("actor"),
    }
    codes = {name: code_of(w, token) for name, token in tokens.items()}
    expect(
        "codes",
        codes,
        {
            name: "OK" if name == "right" else "UNAUTHENTICATED"
            for name in tokens
        },
    )


def roles(w: World, signer: Signer) -> None:
    """A viewer sees, and does nothing; nor does who has no role."""
    viewer, nobody = bearer(signer.token("viewer")), bearer(signer.token(""))
    w.api.ask("ListEndpoints", viewer)
    watch = w.api.stream("WatchProxies", viewer)
    expect("watch", next(w.api.events(watch)).sequence >= 0, True)
    watch.cancel()
    for who in (viewer, nobody):
        denied(w, lambda who=who: w.api.echo("[1]", who))
        denied(w, lambda who=who: next(w.api.stream("Listen", who)))
    denied(w, lambda: w.api.ask("ListEndpoints", nobody))


def denied(w: World, call: Callable[[], object]) -> None:
    """It is not permitted."""
    expect("denied", refused(w.api, call), ("PERMISSION_DENIED", ""))


def by_each_way(w: World, signer: Signer) -> None:
    """JSON and pages need a token, too."""
    token = ("-H", f"authorization: Bearer {signer.token('viewer')}")
    expect("json, none", w.curl.ask("/v1/endpoints", None)[0], 401)
    expect("json, viewer", w.curl.ask("/v1/endpoints", None, *token)[0], 200)
    call = {"toName": "echo", "payload": JSON}
    # Debian 12's curl fails where HTTP/2 answers before it has read all.
    words = ("--http1.1", *token)
    expect("json, call", w.curl.ask("/v1/call", call, *words)[0], 403)
    _, ended = w.web.ask("ListEndpoints")
    expect("page, none", ended["grpc-status"], "16")
    _, ended = w.web.ask("ListEndpoints", bearer(signer.token("viewer")))
    expect("page, viewer", ended["grpc-status"], "0")
