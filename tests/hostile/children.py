"""What hostile children do, a row each: the rows of docs/reliability.md that
are about a child, as load.

Scale 1 is the row in full; the short form has a tenth of it. A row is over
once what it is for was seen, in the log or in the counters.
"""

import pathlib
import sys
from dataclasses import dataclass

from gateway import TOP, Gateway, Load

SCRIPTED = str(TOP / "build/bin/scripted-child")
WRITER = [sys.executable, str(pathlib.Path(__file__).parent / "writer.py")]
# Actor 1 says "hi" to whoever is called that.
HI = "5a00000011846a73656e645f6e616d656401626869f6"


@dataclass(frozen=True)
class Row:
    """A child, and how it is known that it did it."""

    words: tuple[str, ...]  # N is the count
    count: int = 0  # in full
    log: str = ""  # is logged
    counter: str = ""  # of the endpoint: reaches the count
    writer: bool = False  # by writer.py; else by scripted-child
    pressed: bool = False  # clients send to it all the time
    load: Load = Load()  # what the formula is computed with
    live: bool = False  # the count is of proxies that live
    linked: bool = False  # and of links

    def command(self, scale: float) -> list[str]:
        """The child."""
        count = str(self.number(scale))
        words = [word.replace("N", count) for word in self.words]
        return [*WRITER, *words] if self.writer else [SCRIPTED, *words]

    def number(self, scale: float) -> int:
        """The count at this scale."""
        return int(self.count * scale)

    def is_seen(self, gateway: Gateway, scale: float) -> bool:
        """Whether it has done what it is for."""
        if self.log and self.log not in gateway.log():
            return False
        if not self.counter:
            return True
        return gateway.counters().get(self.counter, 0) >= self.number(scale)

    def bound(self, scale: float, bystanders: int) -> Load:
        """What the formula is asked for."""
        count = self.number(scale)
        return Load(
            clients=bystanders + (4 if self.pressed else 0),
            requests_mb=8 if self.pressed else 0,
            calls=4,
            connections=32,
            watchers=1,
            proxies=count if self.live else 10,
            links=count if self.linked else 10,
        )


ROWS: dict[str, Row] = {
    # --- Ends of the incarnation, again and again
    "garbage_on_stdout": Row(
        ("repeat:N:ff00ff", "until-eof"), 1_000_000, log="protocol error"
    ),
    "prints_text": Row(
        ("repeat:N:68656c6c6f0a", "until-eof"), 1_000_000, log="print to stdout"
    ),
    "half_a_frame": Row(("hex:5a0000001083", "exit:0"), log="inside a frame"),
    "announces_2_to_the_63": Row(
        ("announce:9223372036854775808", "until-eof"), log="protocol error"
    ),
    "nests_too_deep": Row(
        (f"repeat:N:5a0000006c846473656e640101{'81' * 99}01", "until-eof"),
        100_000,
        log="protocol error",
    ),
    "closes_stdout": Row(("close-stdout", "deaf"), log="stdout has ended"),
    "closes_stdin": Row(
        ("close-stdin", "deaf"), log="closed its stdin", pressed=True
    ),
    "ignores_sigterm": Row(
        ("ignore-sigterm", "hex:ff", "deaf"), log="signal 9 (Killed)"
    ),
    "dies_in_loops": Row(("exit:9",), log="incarnation 5"),
    "dies_by_signal": Row(("signal:6",), log="incarnation 5"),
    "dies_in_a_burst": Row((f"repeat:N:{HI}", "signal:9"), 100_000, log="signal 9"),
    "says_goodbye": Row(
        ("hex:5a0000001682" + b"\x6ftransport_error".hex() + "64646f6e65", "until-eof"),
        log="transport_error: done",
    ),
    "grandchild_holds_stdout": Row(("grandchild", "exit:4"), log="exit code 4"),
    # --- Survived
    "half_a_frame_and_stops": Row(
        ("stderr:ready", "hex:5a003d090084", "deaf"), log="stderr: ready"
    ),
    "endless_frame": Row(
        ("announce:4194304", "repeat:N:80", "stderr:sent", "deaf"),
        4_000_000,
        log="stderr: sent",
    ),
    "frames_over_the_limit": Row(
        ("over", "N"), 40, log="stderr: sent", counter="skipped", writer=True
    ),
    "tiny_frames": Row(
        (f"repeat:N:{HI}", "deaf"), 5_000_000, counter="received"
    ),
    "tiny_unknown_verbs": Row(
        ("repeat:N:5a000000058163687568", "deaf"), 2_000_000, counter="skipped"
    ),
    "never_reads": Row(
        ("deaf",), 2_000, log="UNRESPONSIVE", counter="accepted", pressed=True
    ),
    "never_writes": Row(("mute",), 20_000, counter="written", pressed=True),
    "stops_itself": Row(("stop",), log="stopped by a signal"),
    "floods_stderr": Row(
        ("stderr-flood:N", "stderr:last", "deaf"), 2_000_000, log="lines held back"
    ),
    "endless_stderr_line": Row(
        ("line", "N"), 100_000_000, log="[cut]", writer=True
    ),
    "forges_log_lines": Row(("forge", "N"), 10_000, log="\\x1b", writer=True),
    "fake_ids": Row(
        ("proxies:N", "deaf"), 1_000_000, counter="proxies_created", live=True
    ),
    "fake_ids_that_end": Row(
        ("proxies:N", "exits:N", "deaf"),
        1_000_000,
        counter="proxies_closed",
        live=True,
    ),
    "forged_exits": Row(
        ("exits", "N"), 1_000_000, counter="frames_received", writer=True
    ),
    "link_storm": Row(
        ("links", "N"),
        1_000_000,
        counter="frames_received",
        writer=True,
        live=True,
        linked=True,
    ),
    "links_to_nobody": Row(
        ("links-to-nobody", "N"),
        1_000_000,
        counter="frames_received",
        writer=True,
        live=True,
        linked=True,
    ),
}
