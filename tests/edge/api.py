"""The gateway's API through any channel, by the descriptors Envoy has."""

import base64
import pathlib
from collections.abc import Iterator

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

PACKAGE = "thespian.gateway.v1"
SERVICE = f"{PACKAGE}.GatewayService"
TIMEOUT_S = 20.0
Metadata = list[tuple[str, str]]


class Messages:
    """The classes of the messages in a set of descriptors."""

    def __init__(self, path: pathlib.Path) -> None:
        files = descriptor_pb2.FileDescriptorSet.FromString(path.read_bytes())
        self._pool = descriptor_pool.DescriptorPool()
        for file in files.file:
            self._pool.Add(file)

    def of(self, name: str) -> type[Message]:
        """The class of the message with that full name."""
        found = self._pool.FindMessageTypeByName(name)
        return message_factory.GetMessageClass(found)

    def method(self, name: str) -> tuple[type[Message], type[Message]]:
        """The classes of what an RPC takes and gives."""
        service = self._pool.FindServiceByName(SERVICE)
        method = service.methods_by_name[name]
        return (
            message_factory.GetMessageClass(method.input_type),
            message_factory.GetMessageClass(method.output_type),
        )

    def reason(self, details: bytes) -> str:
        """The reason of an error, from its google.rpc.Status."""
        status = self.of("google.rpc.Status").FromString(details)
        for one in status.details:
            if one.type_url.endswith("/google.rpc.ErrorInfo"):
                return (
                    self.of("google.rpc.ErrorInfo").FromString(one.value).reason
                )
        return ""

    def encoded_reason(self, details: str) -> str:
        """The same, from a header."""
        padding = "=" * (-len(details) % 4)
        return self.reason(base64.b64decode(details + padding))


class Api:
    """Calls RPCs by name."""

    def __init__(self, messages: Messages, channel: grpc.Channel) -> None:
        self.messages = messages
        self.channel = channel

    def _way(self, kind: str, name: str) -> tuple[type[Message], object]:
        takes, gives = self.messages.method(name)
        way = getattr(self.channel, kind)(
            f"/{SERVICE}/{name}",
            request_serializer=takes.SerializeToString,
            response_deserializer=gives.FromString,
        )
        return takes, way

    def ask(
        self, name: str, metadata: Metadata | None = None, **fields: object
    ) -> Message:
        """A unary RPC."""
        return self.ask_within(TIMEOUT_S, name, metadata, **fields)

    def ask_within(
        self,
        seconds: float,
        name: str,
        metadata: Metadata | None = None,
        **fields: object,
    ) -> Message:
        """A unary RPC with a deadline of its own."""
        takes, way = self._way("unary_unary", name)
        return way(takes(**fields), timeout=seconds, metadata=metadata)

    def stream(
        self, name: str, metadata: Metadata | None = None, **fields: object
    ) -> grpc.Call:
        """An RPC that answers with a stream."""
        takes, way = self._way("unary_stream", name)
        return way(takes(**fields), metadata=metadata)

    def attach(
        self, requests: Iterator[dict], metadata: Metadata | None = None
    ) -> grpc.Call:
        """The stream of an attached client."""
        takes, way = self._way("stream_stream", "Attach")
        return way((takes(**one) for one in requests), metadata=metadata)

    def echo(
        self, text: str, metadata: Metadata | None = None, **fields: object
    ) -> str:
        """Calls the actor "echo" with JSON, and returns the answer's."""
        answer = self.ask(
            "Call",
            metadata,
            to_name="echo",
            payload={"json": text},
            reply_encoding="PAYLOAD_ENCODING_JSON",
            **fields,
        )
        return answer.payload.json

    def reason(self, error: grpc.RpcError) -> str:
        """The reason that an error gives."""
        trailers = dict(error.trailing_metadata() or ())
        return self.messages.reason(
            trailers.get("grpc-status-details-bin", b"")
        )

    def events(self, stream: grpc.Call) -> Iterator[Message]:
        """The events of a stream, one by one."""
        for response in stream:
            yield from response.events
