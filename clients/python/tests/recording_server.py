"""A server that answers every RPC with nothing, and notes what it carried."""

from collections.abc import AsyncIterator
from typing import Any, Self

import grpc
from authority import Authority

STREAMS = ("Listen", "WatchProxies")


class RecordingServer(grpc.GenericRpcHandler):
    """Serves, within `async with`, at a socket or at a port."""

    def __init__(self, socket: str = "", tls: Authority | None = None) -> None:
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
