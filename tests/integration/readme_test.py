#!/usr/bin/python3
"""The README's examples do what the README shows.

usage: readme_test.py TOP BIN

Its Python block is examples/python-child/child.py to the letter. Its console
blocks are run one after the other in one shell, with BIN in the place of
build/bin and a gateway on a free port; what they print must be what is shown,
but for times and sequence numbers. The blocks marked `console python` are run
with the Python child.
"""
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

DEADLINE = 60
CHILDREN = {
    "console": "{bin}/thespian-demo-child",
    "console python": "{top}/examples/python-child/child.py",
}


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


class Gateway:
    def __init__(self, bin_dir, child):
        self.fifo = os.path.join(tempfile.mkdtemp(), "ports")
        os.mkfifo(self.fifo)
        self.process = subprocess.Popen(
            [f"{bin_dir}/thespian-gateway", "--listen", "127.0.0.1:0",
             "--log-level", "warn", "--port-file", self.fifo, "--", child])
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


def check_console(all_blocks, kind, top, bin_dir):
    wanted = [c for k, block in all_blocks if k == kind for c in commands(block)]
    assert wanted, f"the README has no block {kind}"
    with Gateway(bin_dir, CHILDREN[kind].format(bin=bin_dir, top=top)) as gateway:
        for command, shown in wanted:
            if command == "cd build/bin":
                continue
            got = run(command, bin_dir, gateway.address)
            assert normal(got) == normal(shown), (
                f"$ {command}\nshown:\n{shown}\ngot:\n{got}")
            print("ok:", command)


def main():
    top, bin_dir = (Path(argument).resolve() for argument in sys.argv[1:])
    all_blocks = blocks((top / "README.md").read_text(encoding="utf-8"))
    child = (top / "examples/python-child/child.py").read_text(encoding="utf-8")
    assert [b for k, b in all_blocks if k == "python"] == [child], (
        "the README's Python block is not examples/python-child/child.py")
    for kind in CHILDREN:
        check_console(all_blocks, kind, top, bin_dir)


if __name__ == "__main__":
    main()
