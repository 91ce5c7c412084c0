#!/usr/bin/env python3
"""Breaks endpoint/ on purpose and looks whether its tests notice.

usage: mutants.py [--sample N] [--seed S] [--only PATH]... [--jobs N]
                  [--minutes M] [--tests PROGRAM]... [--report FILE]

A mutant is one line of one source, changed by a rule of universalmutator. Each
is built and run against the tests of endpoint/ until one fails:

killed        a test failed twice, or took far longer than it should
survived      none did
not counted   it does not compile, or compiles to the same code; another one
              of the same file takes its place

The sample is spread over the sources by their lines; the same seed gives the
same sample. Sources are copied, so the work tree is never touched, and tests
run in a namespace of processes of their own with bounded memory: a mutant may
well signal the wrong process. Needs Linux, unshare and, unless run as root,
user namespaces. Run by ./dev mutants.
"""

import argparse
import concurrent.futures
import contextlib
import dataclasses
import io
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from cxx_classes import without_comments

RULES = ["universal.rules", "c_like.rules", "cpp.rules"]
TREES = ["CMakeLists.txt", "CMakePresets.json", "endpoint", "examples", "tests"]
SHARDS = 4
MEMORY_BYTES = 8 << 30
# A test may take so many times as long as without the mutant, and so much more.
SLOWER = 5
SLOWER_SECONDS = 20
BUILD_SECONDS = 600

_T = TypeVar("_T")


@dataclasses.dataclass(frozen=True)
class Mutant:
    """One line, changed."""

    file: str
    line: int
    before: str
    after: str


@dataclasses.dataclass
class Result:
    """What became of the mutants that were tried."""

    killed: list[tuple[Mutant, str]] = dataclasses.field(default_factory=list)
    survived: list[Mutant] = dataclasses.field(default_factory=list)
    uncounted: int = 0

    def count(self) -> int:
        """Those that count."""
        return len(self.killed) + len(self.survived)


# ---------------------------------------------------------------- the sample


def mutants_of(file: str, text: str) -> list[Mutant]:
    """Those that change code, in the order of the lines."""
    from universalmutator import mutator  # noqa: PLC0415 (only where it is)

    lines = text.splitlines(keepends=True)
    with contextlib.redirect_stdout(io.StringIO()):
        found = mutator.mutants_regexp(
            lines, RULES, ignorePatterns=[], ignoreStringOnly=True
        )
    code = without_comments(text).splitlines()
    mutants = [
        Mutant(file, number, lines[number - 1], after)
        for number, after, *_ in found
        if code[number - 1].strip()
    ]
    return [one for one in mutants if changes_code(one)]


def changes_code(mutant: Mutant) -> bool:
    """Whether more than spaces and comments differ."""

    def code(line: str) -> str:
        return re.sub(r"\s+", "", without_comments(line))

    return code(mutant.before) != code(mutant.after)


def shares(lines: dict[str, int], sample: int) -> dict[str, int]:
    """How many of the sample each file has, by its lines."""
    total = sum(lines.values())
    exact = {file: sample * count / total for file, count in lines.items()}
    given = {file: int(share) for file, share in exact.items()}
    by_rest = sorted(exact, key=lambda file: (given[file] - exact[file], file))
    for file in by_rest[: sample - sum(given.values())]:
        given[file] += 1
    return given


def candidates(
    mutants: dict[str, list[Mutant]], seed: int
) -> dict[str, list[Mutant]]:
    """Each file's mutants in the order in which they are tried."""
    shuffled = {}
    for file, all_of_it in mutants.items():
        shuffled[file] = list(all_of_it)
        random.Random(f"{seed} {file}").shuffle(shuffled[file])
    return shuffled


def turns(given: dict[str, int], seed: int) -> list[str]:
    """The files whose turn it is: a part of the sample is one, too."""
    order = [file for file, count in given.items() for _ in range(count)]
    random.Random(seed).shuffle(order)
    return order


# ----------------------------------------------------------------- one tree


class Tree:
    """A copy of the sources with a build of its own.

    One mutant at a time is in it.
    """

    def __init__(self, top: pathlib.Path, directory: pathlib.Path) -> None:
        self._top = top
        # As the work tree lies, so that ccache has most of it.
        self._source = directory
        self._build = directory / "build"
        self._limits: dict[str, float] = {}
        self._objects: dict[str, str] = {}
        self.tests: list[str] = []

    def prepare(self, only_tests: Sequence[str]) -> None:
        """Copies what changed, builds it, and times the tests."""
        self._copy()
        self._command(
            "cmake", "--preset", "dev", "-DTG_ENDPOINT_ONLY=ON",
            "-S", self._source, "-B", self._build,
        )  # fmt: skip
        targets = self._targets()
        self.tests = list(only_tests) or test_programs(self._source, targets)
        self._objects = objects_by_source(targets)
        self._command("nice", "ninja", "-C", self._build, "-j1", *self.tests)
        for test in self.tests:
            start = time.monotonic()
            if self._fails(test, BUILD_SECONDS):
                raise SystemExit(f"{test} fails without any mutant")
            took = time.monotonic() - start
            self._limits[test] = SLOWER * took + SLOWER_SECONDS

    def try_out(self, mutant: Mutant) -> str | None:
        """What killed it; "" if nothing did; None if it does not count."""
        source = Saved(self._source / mutant.file)
        thing = Saved(self._build / self._objects[mutant.file])
        lines = source.content.decode().splitlines(keepends=True)
        lines[mutant.line - 1] = mutant.after
        source.path.write_text("".join(lines), encoding="utf-8")
        try:
            return self._judge(mutant, thing)
        finally:
            # With the times that they had, so that nothing is built again.
            source.restore()
            thing.restore()

    def _judge(self, mutant: Mutant, thing: "Saved") -> str | None:
        if not self._builds(self._objects[mutant.file]):
            return None
        if self._code(thing.path.read_bytes()) == self._code(thing.content):
            return None
        try:
            if not self._builds(*self.tests):
                return None  # only the linker refuses it
            for test in in_order(self.tests, mutant.file):
                if self._fails(test, self._limits[test]):
                    return test
            return ""
        finally:
            # They look newer than the object that is restored.
            for library in (self._build / "endpoint").rglob("*.a"):
                library.unlink()

    def _code(self, content: bytes) -> bytes:
        """The object without the numbers of lines."""
        path = self._build / "stripped.o"
        path.write_bytes(content)
        self._command("objcopy", "--strip-debug", path)
        return path.read_bytes()

    def _copy(self) -> None:
        """Keeps the times of files that are as they were, and so the build."""
        kept = set()
        for name in self._listed():
            path = self._source / name
            kept.add(path)
            content = (self._top / name).read_bytes()
            if path.exists() and path.read_bytes() == content:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            shutil.copymode(self._top / name, path)
        for tree in TREES:
            for path in list((self._source / tree).rglob("*")):
                if path.is_file() and path not in kept:
                    path.unlink()

    def _listed(self) -> Iterator[str]:
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard", *TREES],
            cwd=self._top, check=True, capture_output=True, text=True,
        )  # fmt: skip
        for name in listed.stdout.splitlines():
            if (self._top / name).is_file():
                yield name

    def _targets(self) -> set[str]:
        told = self._command("ninja", "-C", self._build, "-t", "targets", "all")
        return {line.partition(":")[0] for line in told.splitlines()}

    def _builds(self, *targets: str) -> bool:
        try:
            done = subprocess.run(
                ["nice", "ninja", "-C", self._build, "-j1", *targets],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                timeout=BUILD_SECONDS, check=False,
                env={**os.environ, "CCACHE_DISABLE": "1"},
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0

    def _command(self, *command: object) -> str:
        done = subprocess.run(
            [str(word) for word in command],
            capture_output=True, text=True, check=False, cwd=self._source,
            env={**os.environ, "CCACHE_BASEDIR": str(self._source)},
        )  # fmt: skip
        if done.returncode != 0:
            raise SystemExit(done.stdout[-4000:] + done.stderr[-4000:])
        return done.stdout

    def _fails(self, test: str, limit: float) -> bool:
        """Whether it fails again, or takes too long."""
        outcome = self._run(test, limit)
        if outcome is False:
            outcome = self._run(test, limit)
        return outcome is not True

    def _run(self, test: str, limit: float) -> bool | None:
        """Runs shards beside each other until one fails; None: too long."""
        shards = [self._start(test, shard) for shard in range(SHARDS)]
        deadline = time.monotonic() + limit
        try:
            while any(shard.poll() is None for shard in shards):
                if time.monotonic() > deadline:
                    return None
                if any(shard.poll() not in (None, 0) for shard in shards):
                    return False
                time.sleep(0.02)
            return all(shard.returncode == 0 for shard in shards)
        finally:
            for shard in shards:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(shard.pid, signal.SIGKILL)
                shard.wait()

    def _start(self, test: str, shard: int) -> subprocess.Popen[bytes]:
        user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        return subprocess.Popen(
            ["unshare", *user, "--pid", "--mount-proc", "--fork",
             "--kill-child", "prlimit", f"--as={MEMORY_BYTES}", "--core=0",
             str(self._build / "bin" / test)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
            env={**os.environ, "GTEST_TOTAL_SHARDS": str(SHARDS),
                 "GTEST_SHARD_INDEX": str(shard), "GTEST_FAIL_FAST": "1"},
        )  # fmt: skip


class Saved:
    """A file as it was."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        self.content = path.read_bytes()
        self._times = path.stat()

    def restore(self) -> None:
        """With its times."""
        self.path.write_bytes(self.content)
        times = (self._times.st_atime_ns, self._times.st_mtime_ns)
        os.utime(self.path, ns=times)


def objects_by_source(targets: set[str]) -> dict[str, str]:
    """What is compiled from each source of endpoint/."""
    return {
        re.sub(r"CMakeFiles/[^/]+\.dir/", "", target).removesuffix(".o"): target
        for target in targets
        if target.startswith("endpoint/") and target.endswith(".cc.o")
    }


def test_programs(source: pathlib.Path, targets: set[str]) -> list[str]:
    """The programs that tests/endpoint makes."""
    programs = []
    for path in sorted((source / "tests/endpoint").rglob("CMakeLists.txt")):
        text = path.read_text(encoding="utf-8")
        programs += re.findall(r"add_executable\(\s*(\w+)", text)
    return [program for program in programs if program in targets]


def in_order(tests: Sequence[str], file: str) -> list[str]:
    """First those named like the file's folder."""
    folder = pathlib.PurePath(file).parent.name
    return sorted(tests, key=lambda test: not test.startswith(folder))


# ------------------------------------------------------------------ the run


class Run:
    """Tries a sample, by as many threads as there are trees."""

    def __init__(
        self,
        order: list[str],
        supply: dict[str, list[Mutant]],
        deadline: float,
        note: Callable[[str], None],
    ) -> None:
        self.result = Result()
        self._order = iter(order)
        self._supply = {file: iter(some) for file, some in supply.items()}
        self._deadline = deadline
        self._note = note
        self._lock = threading.Lock()

    def work(self, try_out: Callable[[Mutant], str | None]) -> None:
        """Takes one file's turn after the other."""
        while (file := self._next(self._order)) is not None:
            while time.monotonic() < self._deadline:
                mutant = self._next(self._supply[file])
                if mutant is None or self._settle(mutant, try_out(mutant)):
                    break

    def _next(self, some: Iterator[_T]) -> _T | None:
        with self._lock:
            return next(some, None)

    def _settle(self, mutant: Mutant, killer: str | None) -> bool:
        with self._lock:
            if killer is None:
                self.result.uncounted += 1
                return False
            if killer:
                self.result.killed.append((mutant, killer))
            else:
                self.result.survived.append(mutant)
            fate = f"killed by {killer}" if killer else "SURVIVED"
            self._note(f"{mutant.file}:{mutant.line}: {fate}")
            return True


def report(result: Result, wanted: int, seed: int) -> str:
    """The counts, and each survivor."""
    counted = result.count()
    share = 100 * len(result.killed) / counted if counted else 0
    text = (
        f"{counted} of {wanted} mutants tried (seed {seed}): "
        f"{len(result.killed)} killed, {len(result.survived)} survived "
        f"({share:.1f} % killed); {result.uncounted} more did not compile or "
        "were the same code\n"
    )
    for mutant in sorted(result.survived, key=lambda one: (one.file, one.line)):
        text += (
            f"\n{mutant.file}:{mutant.line}\n"
            f"  - {mutant.before.strip()}\n"
            + "".join(
                f"  + {line.strip()}\n" for line in mutant.after.splitlines()
            )
        )
    return text


def sources(top: pathlib.Path, only: Sequence[str]) -> dict[str, str]:
    """The text of each source below endpoint/, or below those in `only`."""
    found = {
        path.relative_to(top).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((top / "endpoint").rglob("*.cc"))
    }
    if not only:
        return found
    chosen = {
        file: text
        for file, text in found.items()
        if any(f"{file}/".startswith(path.rstrip("/") + "/") for path in only)
    }
    if not chosen:
        raise SystemExit(f"no source below {' or '.join(only)}")
    return chosen


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--tests", action="append", default=[])
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--report", type=pathlib.Path)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """1 if a mutant survived."""
    options = parse(arguments)
    deadline = time.monotonic() + 60 * options.minutes
    top = pathlib.Path(__file__).resolve().parents[1]
    texts = sources(top, options.only)
    given = shares(
        {file: text.count("\n") for file, text in texts.items()}, options.sample
    )
    supply = candidates(
        {file: mutants_of(file, text) for file, text in texts.items()},
        options.seed,
    )
    trees = [
        Tree(top, top / f"build/mutants/{job}") for job in range(options.jobs)
    ]
    for tree in trees:
        tree.prepare(options.tests)
    run = Run(
        turns(given, options.seed), supply, deadline,
        lambda line: print(line, flush=True),
    )  # fmt: skip
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for future in [pool.submit(run.work, tree.try_out) for tree in trees]:
            future.result()
    text = report(run.result, options.sample, options.seed)
    print(text, end="")
    if options.report:
        options.report.write_text(text, encoding="utf-8")
    return 1 if run.result.survived else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
