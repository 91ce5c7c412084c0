"""gRPC-Web as a page speaks it, frame by frame, and JSON by curl."""

import http.client
import json
import pathlib
import ssl
import subprocess
from collections.abc import Iterator

from api import Messages, Metadata, SERVICE
from gateway import Address, PATIENCE_S
from google.protobuf.message import Message

TRAILERS = 0x80
ORIGIN = "https://app.example.org"
Frame = tuple[int, bytes]


def frames(response: http.client.HTTPResponse) -> Iterator[Frame]:
    """The frames of an answer, each as soon as it is there."""
    while len(head := response.read(5)) == 5:
        yield head[0], response.read(int.from_bytes(head[1:], "big"))


def web_request(
    request: Message, metadata: Metadata | None
) -> tuple[dict[str, str], bytes]:
    """The headers and the body of a call."""
    content = request.SerializeToString()
    headers = {
        "content-type": "application/grpc-web+proto",
        "x-grpc-web": "1",
        **dict(metadata or []),
    }
    return headers, b"\0" + len(content).to_bytes(4, "big") + content


def rows_of(trailers: bytes) -> dict[str, str]:
    """The trailers in their frame."""
    rows = trailers.decode().strip().split("\r\n")
    return dict(row.split(":", 1) for row in rows)


class Web:
    """A page's side of gRPC-Web."""

    def __init__(
        self, address: Address, context: ssl.SSLContext, messages: Messages
    ) -> None:
        self._address = address
        self._context = context
        self._messages = messages

    def open(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> http.client.HTTPResponse:
        """One HTTP request, and its answer that is not read yet."""
        connection = http.client.HTTPSConnection(
            *self._address, context=self._context, timeout=PATIENCE_S
        )
        connection.request(method, path, body, headers)
        return connection.getresponse()

    def start(
        self, name: str, metadata: Metadata | None = None, **fields: object
    ) -> http.client.HTTPResponse:
        """Calls an RPC."""
        takes, _ = self._messages.method(name)
        headers, body = web_request(takes(**fields), metadata)
        headers["origin"] = ORIGIN
        return self.open("POST", f"/{SERVICE}/{name}", body, headers)

    def answers(
        self, name: str, response: http.client.HTTPResponse
    ) -> Iterator[Message]:
        """The messages of a stream."""
        _, gives = self._messages.method(name)
        for kind, content in frames(response):
            if not kind & TRAILERS:
                yield gives.FromString(content)

    def ask(
        self, name: str, metadata: Metadata | None = None, **fields: object
    ) -> tuple[Message | None, dict[str, str]]:
        """A unary RPC: the answer, if there is one, and how it ended."""
        response = self.start(name, metadata, **fields)
        _, gives = self._messages.method(name)
        answer, ended = None, dict(response.getheaders())
        for kind, content in frames(response):
            if kind & TRAILERS:
                ended |= rows_of(content)
            else:
                answer = gives.FromString(content)
        return answer, ended


class Curl:
    """JSON, by the program that people have."""

    def __init__(self, address: Address, certificate: pathlib.Path) -> None:
        self._base = f"https://localhost:{address[1]}"
        self._words = ["curl", "-s", "--cacert", str(certificate)]

    def ask(
        self, path: str, body: object = None, *words: str
    ) -> tuple[int, object]:
        """The status of an answer, and its JSON or text."""
        sent = [] if body is None else ["--json", json.dumps(body)]
        done = subprocess.run(
            [
                *self._words,
                "-w",
                "\n%{http_code}",
                *sent,
                *words,
                self._base + path,
            ],
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE_S,
        )
        text, _, status = done.stdout.rpartition("\n")
        return int(status), json.loads(text) if text.startswith(
            ("{", "[")
        ) else text

    def attempt(self, path: str, *words: str) -> None:
        """Whatever the answer is."""
        subprocess.run(
            [*self._words, *words, self._base + path],
            stdout=subprocess.DEVNULL,
            check=False,
            timeout=PATIENCE_S,
        )

    def follow(self, path: str, *words: str) -> "Followed":
        """`curl -N`: the events of a stream, while they come."""
        return Followed(
            [*self._words, "-N", "--max-time", "60", *words, self._base + path]
        )


class Followed:
    """A stream of server-sent events."""

    def __init__(self, command: list[str]) -> None:
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> "Followed":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def events(self) -> Iterator[dict]:
        """The events of the messages, one by one."""
        for line in self._process.stdout:
            if line.startswith("data: "):
                yield from json.loads(line[len("data: ") :]).get("events", [])
