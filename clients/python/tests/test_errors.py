import grpc
import pytest
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from thespian_gateway import ErrorDetails, GatewayError
from thespian_gateway.errors import from_rpc, from_status

NOT_FOUND = 5


def packed(*messages: Message) -> list[any_pb2.Any]:
    details = []
    for message in messages:
        details.append(any_pb2.Any())
        details[-1].Pack(message)
    return details


def test_everything_that_an_error_says_is_there() -> None:
    violation = error_details_pb2.BadRequest.FieldViolation(
        field="to_id", description="not there"
    )
    status = status_pb2.Status(
        code=NOT_FOUND,
        message="to_id 7 is not there",
        details=packed(
            error_details_pb2.ErrorInfo(
                reason="ACTOR_UNKNOWN", metadata={"k": "v"}
            ),
            error_details_pb2.BadRequest(field_violations=[violation]),
            error_details_pb2.RetryInfo(
                retry_delay=duration_pb2.Duration(nanos=100_000_000)
            ),
        ),
    )

    error = from_status(status)

    assert error.code is grpc.StatusCode.NOT_FOUND
    assert error.message == "to_id 7 is not there"
    assert error.reason == "ACTOR_UNKNOWN"
    assert error.metadata == {"k": "v"}
    assert error.details.violations == {"to_id": "not there"}
    assert error.retry_delay == pytest.approx(0.1)
    assert str(error) == "ACTOR_UNKNOWN: to_id 7 is not there"


def test_an_error_may_say_little() -> None:
    error = from_status(status_pb2.Status(code=NOT_FOUND))

    assert error.details == ErrorDetails("", {}, {}, None)
    assert str(error) == "NOT_FOUND: "


def test_a_code_of_the_future_is_unknown() -> None:
    error = from_status(status_pb2.Status(code=4711))
    assert error.code is grpc.StatusCode.UNKNOWN


def test_details_that_are_garbage_don_t_hide_the_error() -> None:
    error = from_rpc(
        grpc.aio.AioRpcError(
            grpc.StatusCode.ABORTED,
            grpc.aio.Metadata(),
            grpc.aio.Metadata(("grpc-status-details-bin", b"\xff\xff")),
            details="ended",
        )
    )

    assert isinstance(error, GatewayError)
    assert (error.code, error.message) == (grpc.StatusCode.ABORTED, "ended")
    assert error.reason == ""
