"""What operators ask of the gateway."""

from typing import TypeVar

import grpc

from . import arguments
from .arguments import Metadata
from .channel import Channel
from .gen import admin_pb2 as pb
from .v1 import Endpoint, RecordedFrame, ReloadResponse

_Request = TypeVar("_Request")
_Response = TypeVar("_Response")

_MOST_REPLICAS = 1000


class Admin:
    """The gateway's AdminService; see `Gateway.admin`.

    Every method raises a GatewayError as those of Gateway do; UNIMPLEMENTED
    says that the service is served on another address (--admin-listen).

    A deadline is in seconds; None is the connection's. One that passes stops
    nothing that has begun. An empty endpoint is the only one, or the one
    named "default".
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._stub = channel.admin_stub

    async def start(
        self,
        endpoint: str = "",
        *,
        deadline: float | None = None,
        metadata: Metadata | None = None,
    ) -> Endpoint:
        """Starts the child now if it does not run; returns the endpoint then.

        Raises:
          GatewayError: ENDPOINT_DOWN or ENDPOINT_FAILED if it could not be
            started, or was stopped again.
        """
        request = pb.StartEndpointRequest(endpoint=_name(endpoint))
        response = await self._ask(
            self._stub.StartEndpoint, request, endpoint, deadline, metadata
        )
        return response.endpoint

    async def stop(
        self,
        endpoint: str = "",
        *,
        deadline: float | None = None,
        metadata: Metadata | None = None,
    ) -> Endpoint:
        """Ends the child, which stays so until it is started.

        That takes at most twice --stop-grace and a second.
        """
        request = pb.StopEndpointRequest(endpoint=_name(endpoint))
        response = await self._ask(
            self._stub.StopEndpoint, request, endpoint, deadline, metadata
        )
        return response.endpoint

    async def restart(
        self,
        endpoint: str = "",
        *,
        deadline: float | None = None,
        metadata: Metadata | None = None,
    ) -> Endpoint:
        """Ends the child, if there is one, and starts a new incarnation."""
        request = pb.RestartEndpointRequest(endpoint=_name(endpoint))
        response = await self._ask(
            self._stub.RestartEndpoint, request, endpoint, deadline, metadata
        )
        return response.endpoint

    async def flight_record(
        self,
        endpoint: str = "",
        *,
        deadline: float | None = None,
        metadata: Metadata | None = None,
    ) -> list[RecordedFrame]:
        """The child's last frames, both directions, oldest first."""
        request = pb.GetFlightRecordRequest(endpoint=_name(endpoint))
        response = await self._ask(
            self._stub.GetFlightRecord, request, endpoint, deadline, metadata
        )
        return list(response.frames)

    async def reload(
        self,
        *,
        deadline: float | None = None,
        metadata: Metadata | None = None,
    ) -> ReloadResponse:
        """Makes the endpoints what the gateway's file says.

        Returns:
          The names of what was added, removed, changed and left as it was.

        Raises:
          GatewayError: FIELD_INVALID: the file is wrong, and nothing has
            changed. ENDPOINT_FAILED: an endpoint that changed did not come
            up; its old one stays.
        """
        return await self._ask(
            self._stub.Reload, pb.ReloadRequest(), "", deadline, metadata
        )

    async def scale(
        self,
        endpoint: str,
        replicas: int,
        *,
        deadline: float | None = None,
        metadata: Metadata | None = None,
    ) -> list[Endpoint]:
        """Makes a pool have so many members, 1 to 1,000; returns them."""
        request = pb.ScaleEndpointRequest(
            endpoint=_name(endpoint),
            replicas=arguments.integer("replicas", replicas, 1, _MOST_REPLICAS),
        )
        response = await self._ask(
            self._stub.ScaleEndpoint, request, endpoint, deadline, metadata
        )
        return list(response.endpoints)

    async def replace(
        self,
        endpoint: str = "",
        *,
        deadline: float | None = None,
        metadata: Metadata | None = None,
    ) -> list[Endpoint]:
        """Starts a new child beside the old one, which then drains.

        Args:
          endpoint: one, a member of a pool, or a pool, whose members are
            replaced one after the other.
          deadline: in seconds. A child may take 30 s to come up.
          metadata: of this call.

        Returns:
          What was replaced, as it is now.
        """
        request = pb.ReplaceEndpointRequest(endpoint=_name(endpoint))
        response = await self._ask(
            self._stub.ReplaceEndpoint, request, endpoint, deadline, metadata
        )
        return list(response.endpoints)

    async def _ask(
        self,
        method: grpc.aio.UnaryUnaryMultiCallable[_Request, _Response],
        request: _Request,
        endpoint: str,
        deadline: float | None,
        metadata: Metadata | None,
    ) -> _Response:
        return await self._channel.ask(
            method,
            request,
            deadline=deadline,
            metadata=self._channel.metadata(metadata, endpoint=endpoint),
        )


def _name(endpoint: str) -> str:
    return arguments.text("endpoint", endpoint)
