"""Makes the stubs from the gateway's .proto, which lies above this folder."""

import subprocess
import sys
from pathlib import Path

from google import rpc
from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
PROTOS = HERE.parent.parent / "proto/thespian/gateway/v1"
STUBS = HERE / "src/thespian_gateway/gen"


def make_stubs() -> None:
    """Writes gateway_pb2*.py and .pyi into the package thespian_gateway.gen."""
    out = HERE / "src"
    command = [sys.executable, "-m", "grpc_tools.protoc"]
    # Where googleapis-common-protos has google/rpc/status.proto.
    command += [f"-I{Path(path).parents[1]}" for path in rpc.__path__]
    command += [f"-Ithespian_gateway/gen={PROTOS}"]
    command += [f"--{kind}_out={out}" for kind in ("python", "pyi")]
    command += [f"--{kind}_out={out}" for kind in ("grpc_python", "mypy_grpc")]
    subprocess.run(  # noqa: S603
        [*command, "thespian_gateway/gen/gateway.proto"], check=True
    )


class BuildWithStubs(build_py):
    """Makes the stubs before it looks what there is to install."""

    def run(self) -> None:
        """Runs the build."""
        if PROTOS.is_dir():  # it isn't in a source distribution
            make_stubs()
        elif not (STUBS / "gateway_pb2.py").is_file():
            raise FileNotFoundError(PROTOS)
        super().run()


setup(cmdclass={"build_py": BuildWithStubs})
