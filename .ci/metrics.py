#!/usr/bin/env python3
"""Measures the shape of the sources: functions, classes, sharing, folders.

usage: metrics.py [--markdown FILE] NAME=DIRECTORY...

Each DIRECTORY is a tree like this one; each gets a column with its NAME, and
a table of its largest classes. Needs lizard. What each figure is:

functions     of endpoint/ and server/, as lizard finds them; the length counts
              the lines from the signature to the last brace
classes       of endpoint/ and server/, in headers and sources; records (values
              side by side without any function) are not among them
shared_ptr    each word shared_ptr, make_shared, weak_ptr and
              enable_shared_from_this
mutexes       each variable or member that is a mutex
per 1,000     lines of endpoint/ and server/, all of them
"""

import argparse
import dataclasses
import pathlib
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence

import lizard
from cxx_classes import Class, classes_in, without_comments

MEASURED = ("endpoint", "server")
TESTED = ("clients", "endpoint", "examples", "server")
TESTS = ("tests",)
MAX_LINES = 60
MAX_METHODS = 15
MAX_MEMBERS = 12
SHOWN_CLASSES = 10

SHARED = re.compile(
    r"\b(?:shared_ptr|make_shared|weak_ptr|enable_shared_from_this)\b"
)
MUTEX = re.compile(
    r"\b(?:Mutex|absl::Mutex|std::(?:recursive_|shared_|timed_)*mutex)\s+\w+"
    r"\s*(?:ABSL_\w+\([^)]*\)\s*)*[;{=]"
)


@dataclasses.dataclass
class Figures:
    """What was measured of one tree."""

    name: str
    rows: dict[str, str]
    classes: list[Class]


def sources(
    top: pathlib.Path, directories: Sequence[str]
) -> Iterator[pathlib.Path]:
    """The C++ sources below the directories, in order."""
    for directory in directories:
        for path in sorted((top / directory).rglob("*")):
            if path.suffix in (".cc", ".h") and not (
                "node_modules" in path.parts or path.is_dir()
            ):
                yield path


def quantile(values: Sequence[int], share: float) -> int:
    """The value that `share` (0 to 1) of all do not exceed."""
    ordered = sorted(values)
    return ordered[int(share * (len(ordered) - 1) + 0.5)]


def comment_lines(text: str) -> tuple[int, int]:
    """The lines that are only comment, and all that are not empty."""
    before = text.split("\n")
    after = without_comments(text).split("\n")
    written = [i for i, line in enumerate(before) if line.strip()]
    return sum(not after[i].strip() for i in written), len(written)


def line_count(texts: Sequence[str]) -> int:
    """The lines of all texts."""
    return sum(text.count("\n") for text in texts)


def read(paths: Sequence[pathlib.Path]) -> list[str]:
    """The text of each file."""
    return [path.read_text(encoding="utf-8") for path in paths]


def function_rows(paths: Sequence[pathlib.Path]) -> dict[str, str]:
    """Lizard's figures."""
    lengths = [
        function.length
        for file in lizard.analyze_files([str(path) for path in paths])
        for function in file.function_list
    ]
    if not lengths:
        return {"functions": "0"}
    return {
        "functions": f"{len(lengths):,}",
        "function length, median": f"{quantile(lengths, 0.5)}",
        "function length, p90": f"{quantile(lengths, 0.9)}",
        "function length, max": f"{max(lengths)}",
        f"functions over {MAX_LINES} lines": (
            f"{sum(length > MAX_LINES for length in lengths)}"
        ),
    }


def class_rows(classes: Sequence[Class]) -> dict[str, str]:
    """How large the classes are, and how many are larger than they should."""

    def most(count: str) -> str:
        largest = max(
            classes, key=lambda one: getattr(one, count), default=None
        )
        if largest is None:
            return "0"
        return f"{getattr(largest, count)} ({largest.name})"

    return {
        "classes": f"{len(classes)}",
        "public methods, max": most("public_methods"),
        f"classes over {MAX_METHODS} public methods": (
            f"{sum(one.public_methods > MAX_METHODS for one in classes)}"
        ),
        "data members, max": most("data_members"),
        f"classes over {MAX_MEMBERS} data members": (
            f"{sum(one.data_members > MAX_MEMBERS for one in classes)}"
        ),
    }


def sharing_rows(texts: Sequence[str]) -> dict[str, str]:
    """How much is shared, and how much is locked."""
    lines = line_count(texts)
    code = [without_comments(text) for text in texts]
    rows = {"lines of endpoint/ and server/": f"{lines:,}"}
    for name, pattern in (("shared_ptr", SHARED), ("mutexes", MUTEX)):
        count = sum(len(pattern.findall(text)) for text in code)
        rows[name] = f"{count}"
        rows[f"{name} per 1,000 lines"] = f"{1000 * count / max(lines, 1):.2f}"
    return rows


def largest_folder(top: pathlib.Path, paths: Sequence[pathlib.Path]) -> str:
    """The folder with the most sources, and how many those are."""
    folders = Counter(path.parent.relative_to(top).as_posix() for path in paths)
    if not folders:
        return "0"
    count, folder = max((count, folder) for folder, count in folders.items())
    return f"{count} ({folder}/)"


def measure(name: str, top: pathlib.Path) -> Figures:
    """Everything about one tree."""
    paths = list(sources(top, MEASURED))
    texts = read(paths)
    classes = [one for text in texts for one in classes_in(text)]
    classes = [one for one in classes if not one.is_record]
    headers = [
        comment_lines(text)
        for path, text in zip(paths, texts, strict=True)
        if path.suffix == ".h"
    ]
    comments = sum(comment for comment, _ in headers)
    written = sum(written for _, written in headers)
    tests = line_count(read(list(sources(top, TESTS))))
    tested = line_count(read(list(sources(top, TESTED))))
    rows = {
        **function_rows(paths),
        **class_rows(classes),
        **sharing_rows(texts),
        "largest folder, sources": largest_folder(top, paths),
        "comment share of headers": f"{100 * comments / max(written, 1):.1f} %",
        "test lines per line": f"{tests / max(tested, 1):.2f}",
    }
    return Figures(name, rows, largest(classes))


def largest(classes: Sequence[Class]) -> list[Class]:
    """Those that come nearest to a bound, or exceed it most."""

    def size(one: Class) -> tuple[float, float]:
        methods = one.public_methods / MAX_METHODS
        members = one.data_members / MAX_MEMBERS
        return max(methods, members), methods + members

    return sorted(classes, key=size, reverse=True)[:SHOWN_CLASSES]


def table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    rows = [heads, ["---"] * len(heads), *lines]
    return "".join("| " + " | ".join(row) + " |\n" for row in rows)


def report(all_figures: Sequence[Figures]) -> str:
    """The figures side by side, then each tree's largest classes."""
    first = all_figures[0]
    text = table(
        ["figure", *(figures.name for figures in all_figures)],
        [
            [row, *(figures.rows.get(row, "") for figures in all_figures)]
            for row in first.rows
        ],
    )
    for figures in all_figures:
        text += "\n" + table(
            [
                f"largest classes of {figures.name}",
                "public methods",
                "data members",
            ],
            [
                [one.name, f"{one.public_methods}", f"{one.data_members}"]
                for one in figures.classes
            ],
        )
    return text


def main(arguments: Sequence[str]) -> int:
    """Prints the report; 2 if there is nothing to measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--markdown", type=pathlib.Path)
    parser.add_argument("trees", nargs="+", metavar="NAME=DIRECTORY")
    options = parser.parse_args(arguments)
    all_figures = []
    for tree in options.trees:
        name, _, directory = tree.partition("=")
        if not (pathlib.Path(directory) / "endpoint").is_dir():
            parser.error(f"no sources in '{directory}'")
        all_figures.append(measure(name, pathlib.Path(directory)))
    text = report(all_figures)
    print(text, end="")
    if options.markdown:
        options.markdown.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
