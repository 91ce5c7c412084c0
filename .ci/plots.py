#!/usr/bin/python3
"""Draws the plots of docs/performance.md from what the benchmarks wrote.

usage: plots.py BENCH.json DIRECTORY

BENCH.json has the rows of `./dev bench --json` (not --quick), one object a
line. Needs python3-matplotlib.
"""

import json
import pathlib
import sys

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "thespian-gateway"
from matplotlib import pyplot, ticker  # noqa: E402

SIZE = (7, 4)


def read_rows(path: str) -> dict[str, dict]:
    """The rows of the file, by name."""
    with open(path, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return {row["name"]: row for row in rows}


def series(rows: dict[str, dict], prefix: str) -> list[tuple[float, dict]]:
    """The rows named PREFIX and a number, by that number."""
    found = [
        (float(name.removeprefix(prefix)), row)
        for name, row in rows.items()
        if name.startswith(prefix)
    ]
    if not found:
        raise SystemExit(f"no row is named {prefix}…: was it measured quickly?")
    return sorted(found, key=lambda pair: pair[0])


def save(axes, directory: pathlib.Path, name: str) -> None:
    """Writes the figure and closes it."""
    axes.grid(alpha=0.3)
    axes.legend()
    axes.figure.tight_layout()
    axes.figure.savefig(directory / f"{name}.svg", metadata={"Date": None})
    pyplot.close(axes.figure)


def draw_latency(rows: dict[str, dict], directory: pathlib.Path) -> None:
    """How long a message over Attach takes to echo and back."""
    axes = pyplot.figure(figsize=SIZE).subplots()
    for subject in ("bare", "relay", "gateway"):
        points = series(rows, f"attach_rtt_{subject}_q")
        axes.plot(
            [row["value"] for _, row in points],
            [share for share, _ in points],
            marker=".",
            label=subject,
        )
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(ticker.ScalarFormatter())
    axes.set_xticks([20, 50, 100, 200, 500])
    axes.set_xlabel("round trip, us")
    axes.set_ylabel("percent of messages that take no longer")
    save(axes, directory, "latency")


def draw_batches(rows: dict[str, dict], directory: pathlib.Path) -> None:
    """Messages per second over the size of a batch."""
    points = series(rows, "attach_rate_batch_")
    points.append((128, rows["attach_rate"]))
    axes = pyplot.figure(figsize=SIZE).subplots()
    sizes = [size for size, _ in points]
    for label, field in (("bare gRPC", "yardstick"), ("gateway", "value")):
        axes.plot(
            sizes, [row[field] / 1e6 for _, row in points], marker="o", label=label
        )
    axes.set_xscale("log", base=2)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("messages in a batch")
    axes.set_ylabel("million messages/s to echo and back")
    save(axes, directory, "batches")


def draw_line(
    points: list[tuple[float, float]], label: str, x_label: str, y_label: str
):
    """One line over counts that go up by powers of ten."""
    axes = pyplot.figure(figsize=SIZE).subplots()
    axes.plot([x for x, _ in points], [y for _, y in points], marker="o", label=label)
    axes.set_xscale("log")
    axes.set_ylim(0, 1.2 * max(y for _, y in points))
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    return axes


def draw_clients(rows: dict[str, dict], directory: pathlib.Path) -> None:
    """Messages per second over the number of attached clients."""
    points = [
        (count, row["value"] / 1e6)
        for count, row in series(rows, "attach_rate_clients_")
    ]
    axes = draw_line(
        points,
        "gateway, all clients together",
        "attached clients",
        "million messages/s to echo and back",
    )
    save(axes, directory, "clients")


def draw_proxies(rows: dict[str, dict], directory: pathlib.Path) -> None:
    """CPU time of a message over the number of live proxies."""
    found = series(rows, "growth_proxies_")
    points = [(1.0, found[0][1]["yardstick"])]
    points += [(count, row["value"]) for count, row in found]
    axes = draw_line(
        points,
        "gateway",
        "live proxies",
        "us of CPU for a message to echo and back",
    )
    save(axes, directory, "proxies")


def main() -> None:
    """See the module."""
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    rows = read_rows(sys.argv[1])
    directory = pathlib.Path(sys.argv[2])
    for draw in (draw_latency, draw_batches, draw_clients, draw_proxies):
        draw(rows, directory)


if __name__ == "__main__":
    main()
