"""A server that answers every RPC with nothing, and notes what it carried."""

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Self

import grpc

STREAMS = ("Listen", "WatchProxies")


class RecordingServer(grpc.GenericRpcHandler):
    """Serves, within `async with`, at a socket or at a port."""

    def __init__(
        self, socket: str = "", tls: "Authority | None" = None
    ) -> None:
        #: For each RPC its name and its metadata.
        self.seen: list[tuple[str, dict[str, str | bytes]]] = []
        self.address = socket
        self._tls = tls
        self._server = grpc.aio.server(handlers=(self,))

    async def __aenter__(self) -> Self:
        if self._tls is None:
            self._server.add_insecure_port(self.address)
        else:
            pair = (self._tls.read("server.key"), self._tls.read("server.pem"))
            credentials = grpc.ssl_server_credentials(
                [pair], self._tls.read("ca.pem"), require_client_auth=True
            )
            port = self._server.add_secure_port("127.0.0.1:0", credentials)
            self.address = f"127.0.0.1:{port}"
        await self._server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.stop(None)

    def service(self, call: Any) -> "grpc.RpcMethodHandler[Any, Any]":
        """Chooses how to answer an RPC."""
        name = call.method.rpartition("/")[2]
        self.seen.append((name, dict(call.invocation_metadata)))
        if name == "Attach":
            return grpc.stream_stream_rpc_method_handler(_nothing)
        if name in STREAMS:
            return grpc.unary_stream_rpc_method_handler(_nothing)
        return grpc.unary_unary_rpc_method_handler(_empty)


async def _empty(_: bytes, __: Any) -> bytes:
    return b""


async def _nothing(_: Any, __: Any) -> AsyncIterator[bytes]:
    for response in list[bytes]():
        yield response


class Authority:
    """A certificate authority, made by openssl, and what it has signed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        key = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
        self._run(f"{key} -days 2 -subj /CN=ca -keyout ca.key -out ca.pem")
        for name in ("server", "client"):
            self._run(
                f"{key} -days 2 -subj /CN={name} -CA ca.pem -CAkey ca.key "
                f"-addext subjectAltName=DNS:{name}.test "
                f"-keyout {name}.key -out {name}.pem"
            )

    def path(self, name: str) -> Path:
        """Where a file of it lies."""
        return self._folder / name

    def read(self, name: str) -> bytes:
        """What is in a file of it."""
        return self.path(name).read_bytes()

    def _run(self, command: str) -> None:
        subprocess.run(
            ["openssl", *command.split()],
            cwd=self._folder,
            check=True,
            capture_output=True,
        )
