"""A page in a real browser, which calls by gRPC-Web as the test asks."""

import base64
import hashlib
import http.server
import itertools
import json
import os
import pathlib
import queue
import shutil
import signal
import ssl
import subprocess
import threading
from collections.abc import Iterator

from api import Messages, Metadata, SERVICE
from gateway import Address, await_that, Failure, PATIENCE_S
from google.protobuf.message import Message
from http1 import rows_of, TRAILERS, web_request

PAGE = pathlib.Path(__file__).with_name("page.html")
PROGRAMS = ("chromium-headless-shell", "chromium")
IDLE_S = 1.0


def program() -> str | None:
    """The browser, if there is one."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class Started:
    """A call of the page, whose answer comes in pieces."""

    def __init__(self) -> None:
        self._told: queue.Queue[dict] = queue.Queue()
        self._headers: dict[str, str] = {}

    def tell(self, what: dict) -> None:
        """The page has told this."""
        self._told.put(what)

    def headers(self) -> dict[str, str]:
        """Those that a page may see."""
        if not self._headers:
            self._headers = self._told.get(timeout=PATIENCE_S).get("headers")
            if self._headers is None:
                message = "the page had no answer"
                raise Failure(message)
        return self._headers

    def getheader(self, name: str) -> str | None:
        """One of them."""
        return self.headers().get(name)

    def frames(self) -> Iterator[tuple[int, bytes]]:
        """The frames, each as soon as it is there."""
        self.headers()
        while "frame" in (told := self._told.get(timeout=PATIENCE_S)):
            frame = told["frame"]
            yield frame["kind"], base64.b64decode(frame["content"])
        if told["end"]:
            raise Failure(told["end"])


class _Handler(http.server.BaseHTTPRequestHandler):
    """Gives the page, its tasks, and takes what it tells."""

    protocol_version = "HTTP/1.1"
    server: "_Server"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.path == "/":
            self._answer(PAGE.read_bytes(), "text/html")
            return
        try:
            task = self.server.tasks.get(timeout=IDLE_S)
        except queue.Empty:
            task = None
        self._answer(json.dumps(task).encode(), "application/json")

    def do_POST(self) -> None:
        size = int(self.headers["content-length"])
        what = json.loads(self.rfile.read(size))
        self.server.calls[what["id"]].tell(what)
        self._answer(b"", "text/plain")

    def _answer(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.tasks: queue.Queue[dict] = queue.Queue()
        self.calls: dict[int, Started] = {}

    def handle_error(self, *_: object) -> None:
        """The browser was ended while it asked."""


class Site:
    """Where the page comes from, which is its origin."""

    def __init__(self) -> None:
        self._server = _Server()
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self._ids = itertools.count(1)

    def start(self, url: str, headers: dict[str, str], body: bytes) -> Started:
        """Has the page call."""
        started, number = Started(), next(self._ids)
        self._server.calls[number] = started
        self._server.tasks.put(
            {
                "id": number,
                "url": url,
                "headers": headers,
                "body": base64.b64encode(body).decode(),
            }
        )
        return started

    def end(self) -> None:
        """The page has nobody to ask any more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Browser:
    """The page, with the same calls as http1.Web."""

    def __init__(
        self,
        directory: pathlib.Path,
        site: Site,
        address: Address,
        messages: Messages,
    ) -> None:
        self._site = site
        self._base = f"https://localhost:{address[1]}"
        self._messages = messages
        port = site.origin.rpartition(":")[2]
        self._profile = directory / f"browser-{port}"
        self._profile.mkdir()
        self._log = (directory / f"browser-{port}.log").open("wb")
        self._process = subprocess.Popen(
            [
                *(program(), "--headless", "--no-sandbox", "--disable-gpu"),
                *("--disable-dev-shm-usage", "--no-first-run"),
                f"--user-data-dir={self._profile}",
                # Our certificate, and no other.
                "--ignore-certificate-errors-spki-list="
                + _key_hash(directory / "tls/tls.crt"),
                *("--remote-debugging-port=0", site.origin),
            ],
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )

    def start(
        self, name: str, metadata: Metadata | None = None, **fields: object
    ) -> Started:
        """Calls an RPC."""
        takes, _ = self._messages.method(name)
        headers, body = web_request(takes(**fields), metadata)
        return self._site.start(f"{self._base}/{SERVICE}/{name}", headers, body)

    def answers(self, name: str, started: Started) -> Iterator[Message]:
        """The messages of a stream."""
        _, gives = self._messages.method(name)
        for kind, content in started.frames():
            if not kind & TRAILERS:
                yield gives.FromString(content)

    def ask(
        self, name: str, metadata: Metadata | None = None, **fields: object
    ) -> tuple[Message | None, dict[str, str]]:
        """A unary RPC: the answer, if there is one, and how it ended."""
        started = self.start(name, metadata, **fields)
        _, gives = self._messages.method(name)
        answer, ended = None, dict(started.headers())
        for kind, content in started.frames():
            if kind & TRAILERS:
                ended |= rows_of(content)
            else:
                answer = gives.FromString(content)
        return answer, ended

    def end(self) -> None:
        """Ends it with all of its processes, which write to the directory."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._log.close()
        await_that(self._is_removed, "the browser's files are gone")

    def _is_removed(self) -> bool:
        shutil.rmtree(self._profile, ignore_errors=True)
        return not self._profile.exists()


def _key_hash(certificate: pathlib.Path) -> str:
    words = ("openssl", "x509", "-in", certificate, "-noout", "-pubkey")
    pem = subprocess.run(words, capture_output=True, check=True).stdout
    der = ssl.PEM_cert_to_DER_cert(
        pem.decode().replace("PUBLIC KEY", "CERTIFICATE")
    )
    return base64.b64encode(hashlib.sha256(der).digest()).decode()
