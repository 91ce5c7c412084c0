"""What the gateway's errors become."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

_DETAILS_KEY = "grpc-status-details-bin"
_CODES = {code.value[0]: code for code in grpc.StatusCode}


@dataclass(frozen=True)
class ErrorDetails:
    """What an error says beside its code and its message."""

    #: ErrorInfo.reason, such as "ACTOR_UNKNOWN". Empty if the error has none,
    #: as when the gateway could not be reached.
    reason: str = ""
    #: ErrorInfo.metadata.
    metadata: Mapping[str, str] = field(default_factory=dict)
    #: BadRequest: what is wrong with which field.
    violations: Mapping[str, str] = field(default_factory=dict)
    #: RetryInfo, in seconds. None: trying the same again is no use.
    retry_delay: float | None = None


class GatewayError(Exception):
    """An error of the gateway, or of the way to it.

    `code` UNAVAILABLE always means the gateway or its child, never the actor
    that a message was meant for.
    """

    def __init__(
        self,
        code: grpc.StatusCode,
        message: str,
        details: ErrorDetails = ErrorDetails(),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details

    @property
    def reason(self) -> str:
        """Why, for programs; see ErrorDetails.reason."""
        return self.details.reason

    @property
    def metadata(self) -> Mapping[str, str]:
        """What else the gateway says of the reason."""
        return self.details.metadata

    @property
    def retry_delay(self) -> float | None:
        """After how many seconds the same may be tried again, if it may."""
        return self.details.retry_delay

    def __str__(self) -> str:
        return f"{self.reason or self.code.name}: {self.message}"


def from_rpc(error: grpc.aio.AioRpcError) -> GatewayError:
    """Makes an error of how an RPC ended."""
    status = status_pb2.Status()
    for key, value in error.trailing_metadata() or ():
        if key == _DETAILS_KEY and isinstance(value, bytes):
            with suppress(DecodeError):  # the error itself still counts
                status.ParseFromString(value)
    return GatewayError(
        error.code(), error.details() or "", _details_of(status)
    )


def from_status(status: status_pb2.Status) -> GatewayError:
    """Makes an error of the status of a command."""
    code = _CODES.get(status.code, grpc.StatusCode.UNKNOWN)
    return GatewayError(code, status.message, _details_of(status))


def _details_of(status: status_pb2.Status) -> ErrorDetails:
    info = error_details_pb2.ErrorInfo()
    bad_request = error_details_pb2.BadRequest()
    retry = error_details_pb2.RetryInfo()
    retry_delay = None
    violations = {}
    for detail in status.details:
        detail.Unpack(info)
        if detail.Unpack(bad_request):
            violations = {
                violation.field: violation.description
                for violation in bad_request.field_violations
            }
        if detail.Unpack(retry):
            retry_delay = retry.retry_delay.ToTimedelta().total_seconds()
    return ErrorDetails(
        reason=info.reason,
        metadata=dict(info.metadata),
        violations=violations,
        retry_delay=retry_delay,
    )
