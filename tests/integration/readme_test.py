#!/usr/bin/python3
"""The README's examples do what the README shows.

usage: readme_test.py TOP BIN [README OPTION...]

With README: the console blocks of that file, with a gateway that is started
with these options. Otherwise it is TOP/README.md.

Its Python block is examples/python-child/child.py to the letter. Its console
blocks are run one after the other in one shell, with BIN in the place of
build/bin and a gateway on a free port; what they print must be what is shown,
but for times and sequence numbers. The blocks marked `console python` are run
with the Python child.

A block marked `console background NAME` has a command that goes on: the blocks
after it are run once it has printed what the block shows. What it prints from
then on is shown by `console foreground NAME`.
"""
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

DEADLINE = 60
TOP = Path(__file__).resolve().parent.parent.parent


def blocks(text):
    """The fenced blocks, as (what stands after the fence, content)."""
    return re.findall(r"^```([^\n]*)\n(.*?)^```", text, re.M | re.S)


def commands(block):
    """The commands of a console block, each with what it should print."""
    parts = re.split(r"^\$ (.*)\n", block, flags=re.M)[1:]
    return list(zip(parts[::2], parts[1::2]))


def normal(text):
    """Without what differs from run to run."""
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", text)
    return re.sub(r"#\d+", "#N", text)


class Background:
    """A command that goes on while others are run."""

    def __init__(self, command, bin_dir, address):
        self.command = command
        self.process = subprocess.Popen(
            ["bash", "-c", "exec " + command], cwd=bin_dir, text=True,
            env=dict(os.environ, THESPIAN_GATEWAY_ADDRESS=address),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def check(self, shown):
        """It goes on to print what is shown."""
        watchdog = threading.Timer(DEADLINE, self.process.kill)
        watchdog.start()
        got = "".join(self.process.stdout.readline()
                      for _ in shown.splitlines())
        watchdog.cancel()
        compare(self.command, shown, got)

    def end(self):
        """Ctrl-C is no failure. What it printed since is not shown."""
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=DEADLINE)
        code = self.process.returncode
        assert code == 0, f"{self.command} ended with {code}"


class Gateway:
    """A gateway with these arguments, which runs at the top of the tree."""

    def __init__(self, bin_dir, arguments):
        self.fifo = os.path.join(tempfile.mkdtemp(), "ports")
        os.mkfifo(self.fifo)
        self.process = subprocess.Popen(
            [f"{bin_dir}/thespian-gateway", "--listen", "127.0.0.1:0",
             "--log-level", "warn", "--port-file", self.fifo, *arguments],
            cwd=TOP)
        with open(self.fifo, encoding="utf-8") as ports:
            self.address = ports.read().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(DEADLINE)
        assert code == 0, f"the gateway ended with {code}"


def run(command, bin_dir, address):
    environment = dict(os.environ, THESPIAN_GATEWAY_ADDRESS=address)
    done = subprocess.run(["bash", "-c", command], cwd=bin_dir, timeout=DEADLINE,
                          env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout


def compare(command, shown, got):
    assert normal(got) == normal(shown), (
        f"$ {command}\nshown:\n{shown}\ngot:\n{got}")
    print("ok:", command)


def check_block(kind, block, bin_dir, address, backgrounds):
    _, _, rest = kind.partition("console ")
    place, _, name = rest.partition(" ")
    if place == "foreground":
        return backgrounds[name].check(block)
    for command, shown in commands(block):
        if command == "cd build/bin":
            continue
        if place == "background":
            backgrounds[name] = Background(command, bin_dir, address)
            backgrounds[name].check(shown)
        else:
            compare(command, shown, run(command, bin_dir, address))
    return None


def check_console(all_blocks, kinds, arguments, bin_dir):
    wanted = [(k, block) for k, block in all_blocks if k.startswith(kinds)]
    assert wanted, f"the README has no block {kinds}"
    backgrounds = {}
    with Gateway(bin_dir, arguments) as gateway:
        for kind, block in wanted:
            check_block(kind, block, bin_dir, gateway.address, backgrounds)
        for background in backgrounds.values():
            background.end()


def main():
    top, bin_dir = (Path(argument).resolve() for argument in sys.argv[1:3])
    if sys.argv[3:]:
        text = Path(sys.argv[3]).read_text(encoding="utf-8")
        return check_console(blocks(text), "console", sys.argv[4:], bin_dir)
    all_blocks = blocks((top / "README.md").read_text(encoding="utf-8"))
    child = (top / "examples/python-child/child.py").read_text(encoding="utf-8")
    assert [b for k, b in all_blocks if k == "python"] == [child], (
        "the README's Python block is not examples/python-child/child.py")
    demo = [(k, b) for k, b in all_blocks if k != "console python"]
    check_console(demo, "console", ["--", f"{bin_dir}/thespian-demo-child"], bin_dir)
    check_console(all_blocks, "console python",
                  ["--", str(top / "examples/python-child/child.py")], bin_dir)
    return None


if __name__ == "__main__":
    main()
