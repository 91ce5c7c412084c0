"""The echo actor in a gRPC server of its own, as one would write it by hand.

It speaks the gateway's protocol as far as the benchmarks ask for it, but there
is no gateway and no child: each message is answered where it arrives.

Usage: rival_server.py --port-file FILE
"""

import argparse
import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc

from thespian_gateway.gen import gateway_pb2 as pb
from thespian_gateway.gen import gateway_pb2_grpc

ENDPOINT = "default"
INCARNATION = 1
ECHO_ID = 1


class Echo:
    """An actor that says what it is told."""

    def receive(self, payload: pb.Payload) -> pb.Payload:
        """Answers one message."""
        return payload


class RivalService(gateway_pb2_grpc.GatewayServiceServicer):
    """Hands every message to the one actor there is, whatever its name."""

    def __init__(self) -> None:
        self._echo = Echo()

    async def SendNamed(  # noqa: N802
        self, request: pb.SendNamedRequest, context: Any
    ) -> pb.SendNamedResponse:
        """Delivers one message; nobody hears the answer."""
        self._echo.receive(request.payload)
        return pb.SendNamedResponse(incarnation=INCARNATION)

    async def Call(  # noqa: N802
        self, request: pb.CallRequest, context: Any
    ) -> pb.CallResponse:
        """Delivers one message and returns the answer."""
        return pb.CallResponse(
            from_id=ECHO_ID,
            incarnation=INCARNATION,
            payload=self._echo.receive(request.payload),
        )

    async def Attach(  # noqa: N802
        self, requests: AsyncIterator[pb.AttachRequest], context: Any
    ) -> AsyncIterator[pb.AttachResponse]:
        """Answers the commands of each request in one response."""
        sequence = 0
        async for request in requests:
            response = pb.AttachResponse()
            for command in request.commands:
                sequence += 1
                self._answer(command, response.events.add(sequence=sequence))
            yield response

    def _answer(self, command: pb.ActorCommand, event: pb.ActorEvent) -> None:
        if command.HasField("open"):
            event.opened.actor_id = 1
            return
        delivery = event.delivery
        delivery.endpoint = ENDPOINT
        delivery.incarnation = INCARNATION
        delivery.from_id = ECHO_ID
        delivery.payload.CopyFrom(
            self._echo.receive(command.send_named.payload)
        )


async def serve(port_file: Path) -> None:
    """Serves until it is told to end; `port_file` gets the address."""
    server = grpc.aio.server()
    gateway_pb2_grpc.add_GatewayServiceServicer_to_server(
        RivalService(),  # type: ignore[abstract]
        server,
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    told_to_end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_end.set)
    tell(port_file, f"127.0.0.1:{port}\n")
    await told_to_end.wait()
    await server.stop(grace=None)


def tell(port_file: Path, line: str) -> None:
    """Writes the line, which a named pipe takes at once."""
    port_file.write_text(line)


def main() -> None:
    """Runs the server."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port-file", type=Path, required=True)
    asyncio.run(serve(parser.parse_args().port_file))


if __name__ == "__main__":
    main()
