import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.rpc import status_pb2 as _status_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PayloadEncoding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PAYLOAD_ENCODING_UNSPECIFIED: _ClassVar[PayloadEncoding]
    PAYLOAD_ENCODING_CBOR: _ClassVar[PayloadEncoding]
    PAYLOAD_ENCODING_JSON: _ClassVar[PayloadEncoding]

class ProxyEventKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PROXY_EVENT_KIND_UNSPECIFIED: _ClassVar[ProxyEventKind]
    PROXY_EVENT_KIND_ENDPOINT_STATE_CHANGED: _ClassVar[ProxyEventKind]
    PROXY_EVENT_KIND_PROXY_CREATED: _ClassVar[ProxyEventKind]
    PROXY_EVENT_KIND_PROXY_CLOSED: _ClassVar[ProxyEventKind]
    PROXY_EVENT_KIND_MESSAGE_RECEIVED: _ClassVar[ProxyEventKind]
    PROXY_EVENT_KIND_MESSAGE_SENT: _ClassVar[ProxyEventKind]
    PROXY_EVENT_KIND_LINK_CREATED: _ClassVar[ProxyEventKind]
    PROXY_EVENT_KIND_LINK_CLOSED: _ClassVar[ProxyEventKind]
    PROXY_EVENT_KIND_MESSAGE_UNDELIVERABLE: _ClassVar[ProxyEventKind]
    PROXY_EVENT_KIND_FRAME_REJECTED: _ClassVar[ProxyEventKind]
    PROXY_EVENT_KIND_STDERR_LINE: _ClassVar[ProxyEventKind]
    PROXY_EVENT_KIND_SNAPSHOT_COMPLETE: _ClassVar[ProxyEventKind]
    PROXY_EVENT_KIND_GAP: _ClassVar[ProxyEventKind]
    PROXY_EVENT_KIND_PROTOCOL_WARNING: _ClassVar[ProxyEventKind]

class ProxyCloseCause(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PROXY_CLOSE_CAUSE_UNSPECIFIED: _ClassVar[ProxyCloseCause]
    PROXY_CLOSE_CAUSE_EXIT: _ClassVar[ProxyCloseCause]
    PROXY_CLOSE_CAUSE_RELEASED: _ClassVar[ProxyCloseCause]
    PROXY_CLOSE_CAUSE_TRANSPORT_CLOSED: _ClassVar[ProxyCloseCause]

class EndpointState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENDPOINT_STATE_UNSPECIFIED: _ClassVar[EndpointState]
    ENDPOINT_STATE_STARTING: _ClassVar[EndpointState]
    ENDPOINT_STATE_RUNNING: _ClassVar[EndpointState]
    ENDPOINT_STATE_BACKOFF: _ClassVar[EndpointState]
    ENDPOINT_STATE_STOPPING: _ClassVar[EndpointState]
    ENDPOINT_STATE_STOPPED: _ClassVar[EndpointState]
    ENDPOINT_STATE_FAILED: _ClassVar[EndpointState]
    ENDPOINT_STATE_UNRESPONSIVE: _ClassVar[EndpointState]
    ENDPOINT_STATE_IDLE: _ClassVar[EndpointState]
PAYLOAD_ENCODING_UNSPECIFIED: PayloadEncoding
PAYLOAD_ENCODING_CBOR: PayloadEncoding
PAYLOAD_ENCODING_JSON: PayloadEncoding
PROXY_EVENT_KIND_UNSPECIFIED: ProxyEventKind
PROXY_EVENT_KIND_ENDPOINT_STATE_CHANGED: ProxyEventKind
PROXY_EVENT_KIND_PROXY_CREATED: ProxyEventKind
PROXY_EVENT_KIND_PROXY_CLOSED: ProxyEventKind
PROXY_EVENT_KIND_MESSAGE_RECEIVED: ProxyEventKind
PROXY_EVENT_KIND_MESSAGE_SENT: ProxyEventKind
PROXY_EVENT_KIND_LINK_CREATED: ProxyEventKind
PROXY_EVENT_KIND_LINK_CLOSED: ProxyEventKind
PROXY_EVENT_KIND_MESSAGE_UNDELIVERABLE: ProxyEventKind
PROXY_EVENT_KIND_FRAME_REJECTED: ProxyEventKind
PROXY_EVENT_KIND_STDERR_LINE: ProxyEventKind
PROXY_EVENT_KIND_SNAPSHOT_COMPLETE: ProxyEventKind
PROXY_EVENT_KIND_GAP: ProxyEventKind
PROXY_EVENT_KIND_PROTOCOL_WARNING: ProxyEventKind
PROXY_CLOSE_CAUSE_UNSPECIFIED: ProxyCloseCause
PROXY_CLOSE_CAUSE_EXIT: ProxyCloseCause
PROXY_CLOSE_CAUSE_RELEASED: ProxyCloseCause
PROXY_CLOSE_CAUSE_TRANSPORT_CLOSED: ProxyCloseCause
ENDPOINT_STATE_UNSPECIFIED: EndpointState
ENDPOINT_STATE_STARTING: EndpointState
ENDPOINT_STATE_RUNNING: EndpointState
ENDPOINT_STATE_BACKOFF: EndpointState
ENDPOINT_STATE_STOPPING: EndpointState
ENDPOINT_STATE_STOPPED: EndpointState
ENDPOINT_STATE_FAILED: EndpointState
ENDPOINT_STATE_UNRESPONSIVE: EndpointState
ENDPOINT_STATE_IDLE: EndpointState

class Payload(_message.Message):
    __slots__ = ("cbor", "json")
    CBOR_FIELD_NUMBER: _ClassVar[int]
    JSON_FIELD_NUMBER: _ClassVar[int]
    cbor: bytes
    json: str
    def __init__(self, cbor: _Optional[bytes] = ..., json: _Optional[str] = ...) -> None: ...

class SendRequest(_message.Message):
    __slots__ = ("endpoint", "from_id", "to_id", "incarnation", "payload")
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    FROM_ID_FIELD_NUMBER: _ClassVar[int]
    TO_ID_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    endpoint: str
    from_id: int
    to_id: int
    incarnation: int
    payload: Payload
    def __init__(self, endpoint: _Optional[str] = ..., from_id: _Optional[int] = ..., to_id: _Optional[int] = ..., incarnation: _Optional[int] = ..., payload: _Optional[_Union[Payload, _Mapping]] = ...) -> None: ...

class SendResponse(_message.Message):
    __slots__ = ("incarnation",)
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    incarnation: int
    def __init__(self, incarnation: _Optional[int] = ...) -> None: ...

class SendNamedRequest(_message.Message):
    __slots__ = ("endpoint", "from_id", "to_name", "payload")
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    FROM_ID_FIELD_NUMBER: _ClassVar[int]
    TO_NAME_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    endpoint: str
    from_id: int
    to_name: str
    payload: Payload
    def __init__(self, endpoint: _Optional[str] = ..., from_id: _Optional[int] = ..., to_name: _Optional[str] = ..., payload: _Optional[_Union[Payload, _Mapping]] = ...) -> None: ...

class SendNamedResponse(_message.Message):
    __slots__ = ("incarnation",)
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    incarnation: int
    def __init__(self, incarnation: _Optional[int] = ...) -> None: ...

class CallRequest(_message.Message):
    __slots__ = ("endpoint", "to_id", "to_name", "payload", "reply_encoding")
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    TO_ID_FIELD_NUMBER: _ClassVar[int]
    TO_NAME_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    REPLY_ENCODING_FIELD_NUMBER: _ClassVar[int]
    endpoint: str
    to_id: int
    to_name: str
    payload: Payload
    reply_encoding: PayloadEncoding
    def __init__(self, endpoint: _Optional[str] = ..., to_id: _Optional[int] = ..., to_name: _Optional[str] = ..., payload: _Optional[_Union[Payload, _Mapping]] = ..., reply_encoding: _Optional[_Union[PayloadEncoding, str]] = ...) -> None: ...

class CallResponse(_message.Message):
    __slots__ = ("from_id", "incarnation", "payload")
    FROM_ID_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    from_id: int
    incarnation: int
    payload: Payload
    def __init__(self, from_id: _Optional[int] = ..., incarnation: _Optional[int] = ..., payload: _Optional[_Union[Payload, _Mapping]] = ...) -> None: ...

class ListenRequest(_message.Message):
    __slots__ = ("open",)
    OPEN_FIELD_NUMBER: _ClassVar[int]
    open: ActorCommand.Open
    def __init__(self, open: _Optional[_Union[ActorCommand.Open, _Mapping]] = ...) -> None: ...

class ListenResponse(_message.Message):
    __slots__ = ("events",)
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[ActorEvent]
    def __init__(self, events: _Optional[_Iterable[_Union[ActorEvent, _Mapping]]] = ...) -> None: ...

class AttachRequest(_message.Message):
    __slots__ = ("commands",)
    COMMANDS_FIELD_NUMBER: _ClassVar[int]
    commands: _containers.RepeatedCompositeFieldContainer[ActorCommand]
    def __init__(self, commands: _Optional[_Iterable[_Union[ActorCommand, _Mapping]]] = ...) -> None: ...

class ActorCommand(_message.Message):
    __slots__ = ("command_id", "open", "send", "send_named", "link")
    class Open(_message.Message):
        __slots__ = ("name", "encoding")
        NAME_FIELD_NUMBER: _ClassVar[int]
        ENCODING_FIELD_NUMBER: _ClassVar[int]
        name: str
        encoding: PayloadEncoding
        def __init__(self, name: _Optional[str] = ..., encoding: _Optional[_Union[PayloadEncoding, str]] = ...) -> None: ...
    class Send(_message.Message):
        __slots__ = ("endpoint", "to_id", "incarnation", "payload")
        ENDPOINT_FIELD_NUMBER: _ClassVar[int]
        TO_ID_FIELD_NUMBER: _ClassVar[int]
        INCARNATION_FIELD_NUMBER: _ClassVar[int]
        PAYLOAD_FIELD_NUMBER: _ClassVar[int]
        endpoint: str
        to_id: int
        incarnation: int
        payload: Payload
        def __init__(self, endpoint: _Optional[str] = ..., to_id: _Optional[int] = ..., incarnation: _Optional[int] = ..., payload: _Optional[_Union[Payload, _Mapping]] = ...) -> None: ...
    class SendNamed(_message.Message):
        __slots__ = ("endpoint", "to_name", "payload")
        ENDPOINT_FIELD_NUMBER: _ClassVar[int]
        TO_NAME_FIELD_NUMBER: _ClassVar[int]
        PAYLOAD_FIELD_NUMBER: _ClassVar[int]
        endpoint: str
        to_name: str
        payload: Payload
        def __init__(self, endpoint: _Optional[str] = ..., to_name: _Optional[str] = ..., payload: _Optional[_Union[Payload, _Mapping]] = ...) -> None: ...
    class Link(_message.Message):
        __slots__ = ("endpoint", "remote_id", "incarnation")
        ENDPOINT_FIELD_NUMBER: _ClassVar[int]
        REMOTE_ID_FIELD_NUMBER: _ClassVar[int]
        INCARNATION_FIELD_NUMBER: _ClassVar[int]
        endpoint: str
        remote_id: int
        incarnation: int
        def __init__(self, endpoint: _Optional[str] = ..., remote_id: _Optional[int] = ..., incarnation: _Optional[int] = ...) -> None: ...
    COMMAND_ID_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    SEND_FIELD_NUMBER: _ClassVar[int]
    SEND_NAMED_FIELD_NUMBER: _ClassVar[int]
    LINK_FIELD_NUMBER: _ClassVar[int]
    command_id: int
    open: ActorCommand.Open
    send: ActorCommand.Send
    send_named: ActorCommand.SendNamed
    link: ActorCommand.Link
    def __init__(self, command_id: _Optional[int] = ..., open: _Optional[_Union[ActorCommand.Open, _Mapping]] = ..., send: _Optional[_Union[ActorCommand.Send, _Mapping]] = ..., send_named: _Optional[_Union[ActorCommand.SendNamed, _Mapping]] = ..., link: _Optional[_Union[ActorCommand.Link, _Mapping]] = ...) -> None: ...

class AttachResponse(_message.Message):
    __slots__ = ("events",)
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[ActorEvent]
    def __init__(self, events: _Optional[_Iterable[_Union[ActorEvent, _Mapping]]] = ...) -> None: ...

class ActorEvent(_message.Message):
    __slots__ = ("sequence", "opened", "delivery", "exited", "command_result", "endpoint_changed", "heartbeat", "closing")
    class Opened(_message.Message):
        __slots__ = ("actor_id", "token")
        ACTOR_ID_FIELD_NUMBER: _ClassVar[int]
        TOKEN_FIELD_NUMBER: _ClassVar[int]
        actor_id: int
        token: str
        def __init__(self, actor_id: _Optional[int] = ..., token: _Optional[str] = ...) -> None: ...
    class Delivery(_message.Message):
        __slots__ = ("endpoint", "incarnation", "from_id", "payload")
        ENDPOINT_FIELD_NUMBER: _ClassVar[int]
        INCARNATION_FIELD_NUMBER: _ClassVar[int]
        FROM_ID_FIELD_NUMBER: _ClassVar[int]
        PAYLOAD_FIELD_NUMBER: _ClassVar[int]
        endpoint: str
        incarnation: int
        from_id: int
        payload: Payload
        def __init__(self, endpoint: _Optional[str] = ..., incarnation: _Optional[int] = ..., from_id: _Optional[int] = ..., payload: _Optional[_Union[Payload, _Mapping]] = ...) -> None: ...
    class Exited(_message.Message):
        __slots__ = ("endpoint", "incarnation", "remote_id", "reason", "details")
        ENDPOINT_FIELD_NUMBER: _ClassVar[int]
        INCARNATION_FIELD_NUMBER: _ClassVar[int]
        REMOTE_ID_FIELD_NUMBER: _ClassVar[int]
        REASON_FIELD_NUMBER: _ClassVar[int]
        DETAILS_FIELD_NUMBER: _ClassVar[int]
        endpoint: str
        incarnation: int
        remote_id: int
        reason: str
        details: _containers.RepeatedCompositeFieldContainer[Payload]
        def __init__(self, endpoint: _Optional[str] = ..., incarnation: _Optional[int] = ..., remote_id: _Optional[int] = ..., reason: _Optional[str] = ..., details: _Optional[_Iterable[_Union[Payload, _Mapping]]] = ...) -> None: ...
    class CommandResult(_message.Message):
        __slots__ = ("command_id", "status")
        COMMAND_ID_FIELD_NUMBER: _ClassVar[int]
        STATUS_FIELD_NUMBER: _ClassVar[int]
        command_id: int
        status: _status_pb2.Status
        def __init__(self, command_id: _Optional[int] = ..., status: _Optional[_Union[_status_pb2.Status, _Mapping]] = ...) -> None: ...
    class EndpointChanged(_message.Message):
        __slots__ = ("endpoint", "state", "incarnation", "reason")
        ENDPOINT_FIELD_NUMBER: _ClassVar[int]
        STATE_FIELD_NUMBER: _ClassVar[int]
        INCARNATION_FIELD_NUMBER: _ClassVar[int]
        REASON_FIELD_NUMBER: _ClassVar[int]
        endpoint: str
        state: EndpointState
        incarnation: int
        reason: str
        def __init__(self, endpoint: _Optional[str] = ..., state: _Optional[_Union[EndpointState, str]] = ..., incarnation: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...
    class Heartbeat(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    class Closing(_message.Message):
        __slots__ = ("reason",)
        REASON_FIELD_NUMBER: _ClassVar[int]
        reason: str
        def __init__(self, reason: _Optional[str] = ...) -> None: ...
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    OPENED_FIELD_NUMBER: _ClassVar[int]
    DELIVERY_FIELD_NUMBER: _ClassVar[int]
    EXITED_FIELD_NUMBER: _ClassVar[int]
    COMMAND_RESULT_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_CHANGED_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    CLOSING_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    opened: ActorEvent.Opened
    delivery: ActorEvent.Delivery
    exited: ActorEvent.Exited
    command_result: ActorEvent.CommandResult
    endpoint_changed: ActorEvent.EndpointChanged
    heartbeat: ActorEvent.Heartbeat
    closing: ActorEvent.Closing
    def __init__(self, sequence: _Optional[int] = ..., opened: _Optional[_Union[ActorEvent.Opened, _Mapping]] = ..., delivery: _Optional[_Union[ActorEvent.Delivery, _Mapping]] = ..., exited: _Optional[_Union[ActorEvent.Exited, _Mapping]] = ..., command_result: _Optional[_Union[ActorEvent.CommandResult, _Mapping]] = ..., endpoint_changed: _Optional[_Union[ActorEvent.EndpointChanged, _Mapping]] = ..., heartbeat: _Optional[_Union[ActorEvent.Heartbeat, _Mapping]] = ..., closing: _Optional[_Union[ActorEvent.Closing, _Mapping]] = ...) -> None: ...

class WatchProxiesRequest(_message.Message):
    __slots__ = ("endpoint", "after_sequence", "skip_snapshot", "kinds", "include_payloads", "epoch")
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    SKIP_SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_PAYLOADS_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    endpoint: str
    after_sequence: int
    skip_snapshot: bool
    kinds: _containers.RepeatedScalarFieldContainer[ProxyEventKind]
    include_payloads: bool
    epoch: int
    def __init__(self, endpoint: _Optional[str] = ..., after_sequence: _Optional[int] = ..., skip_snapshot: _Optional[bool] = ..., kinds: _Optional[_Iterable[_Union[ProxyEventKind, str]]] = ..., include_payloads: _Optional[bool] = ..., epoch: _Optional[int] = ...) -> None: ...

class WatchProxiesResponse(_message.Message):
    __slots__ = ("events", "epoch")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[ProxyEvent]
    epoch: int
    def __init__(self, events: _Optional[_Iterable[_Union[ProxyEvent, _Mapping]]] = ..., epoch: _Optional[int] = ...) -> None: ...

class ProxyEvent(_message.Message):
    __slots__ = ("sequence", "time", "endpoint", "incarnation", "endpoint_state_changed", "proxy_created", "proxy_closed", "message_received", "message_sent", "link_created", "link_closed", "message_undeliverable", "frame_rejected", "stderr_line", "snapshot_complete", "gap", "protocol_warning", "heartbeat")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_STATE_CHANGED_FIELD_NUMBER: _ClassVar[int]
    PROXY_CREATED_FIELD_NUMBER: _ClassVar[int]
    PROXY_CLOSED_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_RECEIVED_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_SENT_FIELD_NUMBER: _ClassVar[int]
    LINK_CREATED_FIELD_NUMBER: _ClassVar[int]
    LINK_CLOSED_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_UNDELIVERABLE_FIELD_NUMBER: _ClassVar[int]
    FRAME_REJECTED_FIELD_NUMBER: _ClassVar[int]
    STDERR_LINE_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_COMPLETE_FIELD_NUMBER: _ClassVar[int]
    GAP_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_WARNING_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    time: _timestamp_pb2.Timestamp
    endpoint: str
    incarnation: int
    endpoint_state_changed: EndpointStateChanged
    proxy_created: ProxyCreated
    proxy_closed: ProxyClosed
    message_received: MessageReceived
    message_sent: MessageSent
    link_created: LinkCreated
    link_closed: LinkClosed
    message_undeliverable: MessageUndeliverable
    frame_rejected: FrameRejected
    stderr_line: StderrLine
    snapshot_complete: SnapshotComplete
    gap: Gap
    protocol_warning: ProtocolWarning
    heartbeat: Heartbeat
    def __init__(self, sequence: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., endpoint: _Optional[str] = ..., incarnation: _Optional[int] = ..., endpoint_state_changed: _Optional[_Union[EndpointStateChanged, _Mapping]] = ..., proxy_created: _Optional[_Union[ProxyCreated, _Mapping]] = ..., proxy_closed: _Optional[_Union[ProxyClosed, _Mapping]] = ..., message_received: _Optional[_Union[MessageReceived, _Mapping]] = ..., message_sent: _Optional[_Union[MessageSent, _Mapping]] = ..., link_created: _Optional[_Union[LinkCreated, _Mapping]] = ..., link_closed: _Optional[_Union[LinkClosed, _Mapping]] = ..., message_undeliverable: _Optional[_Union[MessageUndeliverable, _Mapping]] = ..., frame_rejected: _Optional[_Union[FrameRejected, _Mapping]] = ..., stderr_line: _Optional[_Union[StderrLine, _Mapping]] = ..., snapshot_complete: _Optional[_Union[SnapshotComplete, _Mapping]] = ..., gap: _Optional[_Union[Gap, _Mapping]] = ..., protocol_warning: _Optional[_Union[ProtocolWarning, _Mapping]] = ..., heartbeat: _Optional[_Union[Heartbeat, _Mapping]] = ...) -> None: ...

class EndpointStateChanged(_message.Message):
    __slots__ = ("state", "pid", "reason", "exit")
    STATE_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    EXIT_FIELD_NUMBER: _ClassVar[int]
    state: EndpointState
    pid: int
    reason: str
    exit: ChildExit
    def __init__(self, state: _Optional[_Union[EndpointState, str]] = ..., pid: _Optional[int] = ..., reason: _Optional[str] = ..., exit: _Optional[_Union[ChildExit, _Mapping]] = ...) -> None: ...

class ChildExit(_message.Message):
    __slots__ = ("exit_code", "signal", "core_dumped", "reason", "stderr_lines", "time", "incarnation", "hints")
    EXIT_CODE_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    CORE_DUMPED_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    STDERR_LINES_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    HINTS_FIELD_NUMBER: _ClassVar[int]
    exit_code: int
    signal: int
    core_dumped: bool
    reason: str
    stderr_lines: _containers.RepeatedScalarFieldContainer[str]
    time: _timestamp_pb2.Timestamp
    incarnation: int
    hints: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, exit_code: _Optional[int] = ..., signal: _Optional[int] = ..., core_dumped: _Optional[bool] = ..., reason: _Optional[str] = ..., stderr_lines: _Optional[_Iterable[str]] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., incarnation: _Optional[int] = ..., hints: _Optional[_Iterable[str]] = ...) -> None: ...

class ProxyCreated(_message.Message):
    __slots__ = ("remote_id",)
    REMOTE_ID_FIELD_NUMBER: _ClassVar[int]
    remote_id: int
    def __init__(self, remote_id: _Optional[int] = ...) -> None: ...

class ProxyClosed(_message.Message):
    __slots__ = ("remote_id", "reason", "cause")
    REMOTE_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    remote_id: int
    reason: str
    cause: ProxyCloseCause
    def __init__(self, remote_id: _Optional[int] = ..., reason: _Optional[str] = ..., cause: _Optional[_Union[ProxyCloseCause, str]] = ...) -> None: ...

class MessageReceived(_message.Message):
    __slots__ = ("from_id", "to_id", "to_name", "size", "payload")
    FROM_ID_FIELD_NUMBER: _ClassVar[int]
    TO_ID_FIELD_NUMBER: _ClassVar[int]
    TO_NAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    from_id: int
    to_id: int
    to_name: str
    size: int
    payload: bytes
    def __init__(self, from_id: _Optional[int] = ..., to_id: _Optional[int] = ..., to_name: _Optional[str] = ..., size: _Optional[int] = ..., payload: _Optional[bytes] = ...) -> None: ...

class MessageSent(_message.Message):
    __slots__ = ("from_id", "to_id", "to_name", "size", "payload")
    FROM_ID_FIELD_NUMBER: _ClassVar[int]
    TO_ID_FIELD_NUMBER: _ClassVar[int]
    TO_NAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    from_id: int
    to_id: int
    to_name: str
    size: int
    payload: bytes
    def __init__(self, from_id: _Optional[int] = ..., to_id: _Optional[int] = ..., to_name: _Optional[str] = ..., size: _Optional[int] = ..., payload: _Optional[bytes] = ...) -> None: ...

class LinkCreated(_message.Message):
    __slots__ = ("remote_id", "local_id", "by_remote")
    REMOTE_ID_FIELD_NUMBER: _ClassVar[int]
    LOCAL_ID_FIELD_NUMBER: _ClassVar[int]
    BY_REMOTE_FIELD_NUMBER: _ClassVar[int]
    remote_id: int
    local_id: int
    by_remote: bool
    def __init__(self, remote_id: _Optional[int] = ..., local_id: _Optional[int] = ..., by_remote: _Optional[bool] = ...) -> None: ...

class LinkClosed(_message.Message):
    __slots__ = ("remote_id", "local_id", "reason")
    REMOTE_ID_FIELD_NUMBER: _ClassVar[int]
    LOCAL_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    remote_id: int
    local_id: int
    reason: str
    def __init__(self, remote_id: _Optional[int] = ..., local_id: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class MessageUndeliverable(_message.Message):
    __slots__ = ("from_id", "to_id", "to_name", "size", "reason", "from_child")
    FROM_ID_FIELD_NUMBER: _ClassVar[int]
    TO_ID_FIELD_NUMBER: _ClassVar[int]
    TO_NAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    FROM_CHILD_FIELD_NUMBER: _ClassVar[int]
    from_id: int
    to_id: int
    to_name: str
    size: int
    reason: str
    from_child: bool
    def __init__(self, from_id: _Optional[int] = ..., to_id: _Optional[int] = ..., to_name: _Optional[str] = ..., size: _Optional[int] = ..., reason: _Optional[str] = ..., from_child: _Optional[bool] = ...) -> None: ...

class FrameRejected(_message.Message):
    __slots__ = ("size", "reason")
    SIZE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    size: int
    reason: str
    def __init__(self, size: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class ProtocolWarning(_message.Message):
    __slots__ = ("text", "hint")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    text: str
    hint: str
    def __init__(self, text: _Optional[str] = ..., hint: _Optional[str] = ...) -> None: ...

class StderrLine(_message.Message):
    __slots__ = ("line", "truncated")
    LINE_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    line: str
    truncated: bool
    def __init__(self, line: _Optional[str] = ..., truncated: _Optional[bool] = ...) -> None: ...

class SnapshotComplete(_message.Message):
    __slots__ = ("proxies",)
    PROXIES_FIELD_NUMBER: _ClassVar[int]
    proxies: int
    def __init__(self, proxies: _Optional[int] = ...) -> None: ...

class Gap(_message.Message):
    __slots__ = ("first_sequence", "last_sequence")
    FIRST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    first_sequence: int
    last_sequence: int
    def __init__(self, first_sequence: _Optional[int] = ..., last_sequence: _Optional[int] = ...) -> None: ...

class Heartbeat(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListProxiesRequest(_message.Message):
    __slots__ = ("endpoint", "page_size", "page_token")
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    endpoint: str
    page_size: int
    page_token: str
    def __init__(self, endpoint: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListProxiesResponse(_message.Message):
    __slots__ = ("proxies", "next_page_token")
    PROXIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    proxies: _containers.RepeatedCompositeFieldContainer[Proxy]
    next_page_token: str
    def __init__(self, proxies: _Optional[_Iterable[_Union[Proxy, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class Proxy(_message.Message):
    __slots__ = ("remote_id", "incarnation", "create_time", "messages_received", "messages_sent", "links")
    REMOTE_ID_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_RECEIVED_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_SENT_FIELD_NUMBER: _ClassVar[int]
    LINKS_FIELD_NUMBER: _ClassVar[int]
    remote_id: int
    incarnation: int
    create_time: _timestamp_pb2.Timestamp
    messages_received: int
    messages_sent: int
    links: int
    def __init__(self, remote_id: _Optional[int] = ..., incarnation: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., messages_received: _Optional[int] = ..., messages_sent: _Optional[int] = ..., links: _Optional[int] = ...) -> None: ...

class ReleaseProxyRequest(_message.Message):
    __slots__ = ("endpoint", "remote_id", "incarnation")
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    REMOTE_ID_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    endpoint: str
    remote_id: int
    incarnation: int
    def __init__(self, endpoint: _Optional[str] = ..., remote_id: _Optional[int] = ..., incarnation: _Optional[int] = ...) -> None: ...

class ReleaseProxyResponse(_message.Message):
    __slots__ = ("incarnation",)
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    incarnation: int
    def __init__(self, incarnation: _Optional[int] = ...) -> None: ...

class ListLocalActorsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListLocalActorsResponse(_message.Message):
    __slots__ = ("actors", "next_page_token")
    ACTORS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    actors: _containers.RepeatedCompositeFieldContainer[LocalActor]
    next_page_token: str
    def __init__(self, actors: _Optional[_Iterable[_Union[LocalActor, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class LocalActor(_message.Message):
    __slots__ = ("id", "name", "create_time", "mailbox_depth", "relayed")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    MAILBOX_DEPTH_FIELD_NUMBER: _ClassVar[int]
    RELAYED_FIELD_NUMBER: _ClassVar[int]
    id: int
    name: str
    create_time: _timestamp_pb2.Timestamp
    mailbox_depth: int
    relayed: RelayedActor
    def __init__(self, id: _Optional[int] = ..., name: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., mailbox_depth: _Optional[int] = ..., relayed: _Optional[_Union[RelayedActor, _Mapping]] = ...) -> None: ...

class RelayedActor(_message.Message):
    __slots__ = ("endpoint", "incarnation", "remote_id", "to_endpoint")
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    REMOTE_ID_FIELD_NUMBER: _ClassVar[int]
    TO_ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    endpoint: str
    incarnation: int
    remote_id: int
    to_endpoint: str
    def __init__(self, endpoint: _Optional[str] = ..., incarnation: _Optional[int] = ..., remote_id: _Optional[int] = ..., to_endpoint: _Optional[str] = ...) -> None: ...

class ListEndpointsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListEndpointsResponse(_message.Message):
    __slots__ = ("endpoints",)
    ENDPOINTS_FIELD_NUMBER: _ClassVar[int]
    endpoints: _containers.RepeatedCompositeFieldContainer[Endpoint]
    def __init__(self, endpoints: _Optional[_Iterable[_Union[Endpoint, _Mapping]]] = ...) -> None: ...

class GetEndpointRequest(_message.Message):
    __slots__ = ("endpoint",)
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    endpoint: str
    def __init__(self, endpoint: _Optional[str] = ...) -> None: ...

class GetEndpointResponse(_message.Message):
    __slots__ = ("endpoint",)
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    endpoint: Endpoint
    def __init__(self, endpoint: _Optional[_Union[Endpoint, _Mapping]] = ...) -> None: ...

class Endpoint(_message.Message):
    __slots__ = ("name", "state", "pid", "incarnation", "uptime", "restarts", "last_exit", "limits", "counters", "command", "state_reason", "pool", "connect", "draining_incarnations", "relays")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    UPTIME_FIELD_NUMBER: _ClassVar[int]
    RESTARTS_FIELD_NUMBER: _ClassVar[int]
    LAST_EXIT_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    COUNTERS_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    STATE_REASON_FIELD_NUMBER: _ClassVar[int]
    POOL_FIELD_NUMBER: _ClassVar[int]
    CONNECT_FIELD_NUMBER: _ClassVar[int]
    DRAINING_INCARNATIONS_FIELD_NUMBER: _ClassVar[int]
    RELAYS_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: EndpointState
    pid: int
    incarnation: int
    uptime: _duration_pb2.Duration
    restarts: int
    last_exit: ChildExit
    limits: EndpointLimits
    counters: EndpointCounters
    command: _containers.RepeatedScalarFieldContainer[str]
    state_reason: str
    pool: str
    connect: str
    draining_incarnations: _containers.RepeatedScalarFieldContainer[int]
    relays: _containers.RepeatedCompositeFieldContainer[RelayLane]
    def __init__(self, name: _Optional[str] = ..., state: _Optional[_Union[EndpointState, str]] = ..., pid: _Optional[int] = ..., incarnation: _Optional[int] = ..., uptime: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., restarts: _Optional[int] = ..., last_exit: _Optional[_Union[ChildExit, _Mapping]] = ..., limits: _Optional[_Union[EndpointLimits, _Mapping]] = ..., counters: _Optional[_Union[EndpointCounters, _Mapping]] = ..., command: _Optional[_Iterable[str]] = ..., state_reason: _Optional[str] = ..., pool: _Optional[str] = ..., connect: _Optional[str] = ..., draining_incarnations: _Optional[_Iterable[int]] = ..., relays: _Optional[_Iterable[_Union[RelayLane, _Mapping]]] = ...) -> None: ...

class RelayLane(_message.Message):
    __slots__ = ("to_endpoint", "messages_in", "messages_out", "refused", "dropped", "waiting")
    class RefusedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    TO_ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_IN_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_OUT_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    to_endpoint: str
    messages_in: int
    messages_out: int
    refused: _containers.ScalarMap[str, int]
    dropped: int
    waiting: int
    def __init__(self, to_endpoint: _Optional[str] = ..., messages_in: _Optional[int] = ..., messages_out: _Optional[int] = ..., refused: _Optional[_Mapping[str, int]] = ..., dropped: _Optional[int] = ..., waiting: _Optional[int] = ...) -> None: ...

class EndpointLimits(_message.Message):
    __slots__ = ("max_frame_bytes", "max_outgoing_frame_bytes", "queue_bytes", "dialect", "max_payload_bytes", "names")
    MAX_FRAME_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_OUTGOING_FRAME_BYTES_FIELD_NUMBER: _ClassVar[int]
    QUEUE_BYTES_FIELD_NUMBER: _ClassVar[int]
    DIALECT_FIELD_NUMBER: _ClassVar[int]
    MAX_PAYLOAD_BYTES_FIELD_NUMBER: _ClassVar[int]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    max_frame_bytes: int
    max_outgoing_frame_bytes: int
    queue_bytes: int
    dialect: str
    max_payload_bytes: int
    names: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, max_frame_bytes: _Optional[int] = ..., max_outgoing_frame_bytes: _Optional[int] = ..., queue_bytes: _Optional[int] = ..., dialect: _Optional[str] = ..., max_payload_bytes: _Optional[int] = ..., names: _Optional[_Iterable[str]] = ...) -> None: ...

class EndpointCounters(_message.Message):
    __slots__ = ("accepted", "written", "dropped", "waiting", "refused", "received", "delivered", "undeliverable", "skipped", "frames_received", "bytes_received", "bytes_written", "proxies_created", "proxies_closed", "proxies_live", "queued_bytes", "control_written", "control_dropped", "unread", "skipped_by_reason", "misplaced_tags")
    class DroppedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class UndeliverableEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class UnreadEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class SkippedByReasonEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    WRITTEN_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_FIELD_NUMBER: _ClassVar[int]
    DELIVERED_FIELD_NUMBER: _ClassVar[int]
    UNDELIVERABLE_FIELD_NUMBER: _ClassVar[int]
    SKIPPED_FIELD_NUMBER: _ClassVar[int]
    FRAMES_RECEIVED_FIELD_NUMBER: _ClassVar[int]
    BYTES_RECEIVED_FIELD_NUMBER: _ClassVar[int]
    BYTES_WRITTEN_FIELD_NUMBER: _ClassVar[int]
    PROXIES_CREATED_FIELD_NUMBER: _ClassVar[int]
    PROXIES_CLOSED_FIELD_NUMBER: _ClassVar[int]
    PROXIES_LIVE_FIELD_NUMBER: _ClassVar[int]
    QUEUED_BYTES_FIELD_NUMBER: _ClassVar[int]
    CONTROL_WRITTEN_FIELD_NUMBER: _ClassVar[int]
    CONTROL_DROPPED_FIELD_NUMBER: _ClassVar[int]
    UNREAD_FIELD_NUMBER: _ClassVar[int]
    SKIPPED_BY_REASON_FIELD_NUMBER: _ClassVar[int]
    MISPLACED_TAGS_FIELD_NUMBER: _ClassVar[int]
    accepted: int
    written: int
    dropped: _containers.ScalarMap[str, int]
    waiting: int
    refused: int
    received: int
    delivered: int
    undeliverable: _containers.ScalarMap[str, int]
    skipped: int
    frames_received: int
    bytes_received: int
    bytes_written: int
    proxies_created: int
    proxies_closed: int
    proxies_live: int
    queued_bytes: int
    control_written: int
    control_dropped: int
    unread: _containers.ScalarMap[str, int]
    skipped_by_reason: _containers.ScalarMap[str, int]
    misplaced_tags: int
    def __init__(self, accepted: _Optional[int] = ..., written: _Optional[int] = ..., dropped: _Optional[_Mapping[str, int]] = ..., waiting: _Optional[int] = ..., refused: _Optional[int] = ..., received: _Optional[int] = ..., delivered: _Optional[int] = ..., undeliverable: _Optional[_Mapping[str, int]] = ..., skipped: _Optional[int] = ..., frames_received: _Optional[int] = ..., bytes_received: _Optional[int] = ..., bytes_written: _Optional[int] = ..., proxies_created: _Optional[int] = ..., proxies_closed: _Optional[int] = ..., proxies_live: _Optional[int] = ..., queued_bytes: _Optional[int] = ..., control_written: _Optional[int] = ..., control_dropped: _Optional[int] = ..., unread: _Optional[_Mapping[str, int]] = ..., skipped_by_reason: _Optional[_Mapping[str, int]] = ..., misplaced_tags: _Optional[int] = ...) -> None: ...
