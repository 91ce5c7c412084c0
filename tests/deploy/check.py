#!/usr/bin/env python3
"""What deploy/ has, as far as it can be checked without a cluster.

The unit by systemd's own tools in a root of its own; the manifests by the
schemas of Kubernetes, as kubectl's kustomize builds them where there is one;
and that names, ports and files agree with docker/. Run by ./dev deploy.
"""

import grp
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable

import kubernetes_validate
import yaml

TOP = pathlib.Path(__file__).resolve().parents[2]
SYSTEMD = TOP / "deploy/systemd"
KUBERNETES = TOP / "deploy/kubernetes"
GATEWAY = TOP / "build/bin/thespian-gateway"
UNIT = "thespian-gateway.service"
VERSION = "1.37"
MAX_EXPOSURE = 15  # tenths
# Kinds of the operator of Prometheus, which have no schema here.
FOREIGN = "monitoring.coreos.com/v1"


class Failure(Exception):
    """What is wrong."""


def run(*words: str | pathlib.Path) -> str:
    """What a program says, which must not fail."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        message = f"{words}: {done.stdout}{done.stderr}"
        raise Failure(message)
    return done.stdout + done.stderr


# ---------------------------------------------------------------- systemd


def make_root(root: pathlib.Path) -> None:
    """A system with the unit, what it starts, and systemd's own units."""
    for path in ("etc/systemd/system", "usr/local/bin", "bin"):
        (root / path).mkdir(parents=True)
    shutil.copy(SYSTEMD / UNIT, root / "etc/systemd/system")
    shutil.copy("/bin/true", root / "usr/local/bin/thespian-gateway")
    shutil.copy("/bin/true", root / "bin/kill")
    shutil.copytree(
        "/lib/systemd/system", root / "lib/systemd/system", symlinks=True
    )


def check_unit(root: pathlib.Path) -> None:
    """No warning, and little that it may do."""
    make_root(root)
    analyze = ("systemd-analyze", f"--root={root}", "--no-pager")
    said = run(*analyze, "verify", "--man=no", "--recursive-errors=one", UNIT)
    if said:
        raise Failure(said)
    run(
        *(*analyze, "security", "--offline=true"),
        *(f"--threshold={MAX_EXPOSURE}", UNIT),
    )


def check_users(root: pathlib.Path) -> None:
    """The users are made, and the directory is theirs."""
    (root / "etc").mkdir()
    name = SYSTEMD / "thespian-gateway"
    run("systemd-sysusers", f"--root={root}", f"{name}.sysusers")
    run("systemd-tmpfiles", f"--root={root}", "--create", f"{name}.tmpfiles")
    rows = (root / "etc/group").read_text().splitlines()
    groups = {row.split(":")[0]: row.split(":") for row in rows}
    members = groups["thespian-clients"][3]
    expect("members", members, "thespian-gateway")
    status = (root / "run/thespian-gateway").stat()
    expect("mode", oct(status.st_mode & 0o777), "0o750")
    if os.geteuid() == 0:
        group = int(groups["thespian-clients"][2])
        expect("group", status.st_gid, group)


def expect(what: str, got: object, wanted: object) -> None:
    """They are the same."""
    if got != wanted:
        message = f"{what}: {got!r}, expected {wanted!r}"
        raise Failure(message)


def check_settings(root: pathlib.Path) -> None:
    """The gateway understands each of its files."""
    group = grp.getgrgid(os.getegid()).gr_name
    paths = [*TOP.glob("deploy/**/*.toml"), *TOP.glob("docker/**/*.toml")]
    expect("files", len(paths) >= 4, True)
    for path in paths:
        copy = root / path.name
        text = path.read_text().replace("thespian-clients", group)
        copy.write_text(text)
        run(GATEWAY, "--print-config", "--config", copy)


# ------------------------------------------------------------- Kubernetes


def manifests(name: str) -> list[dict]:
    """All of an overlay, or of the base where nothing can build it."""
    if shutil.which("kubectl"):
        return list(
            yaml.safe_load_all(run("kubectl", "kustomize", KUBERNETES / name))
        )
    base = KUBERNETES / "base"
    listed = yaml.safe_load((base / "kustomization.yaml").read_text())
    return [
        one
        for path in listed["resources"]
        for one in yaml.safe_load_all((base / path).read_text())
    ]


def check_schemas(_: pathlib.Path) -> None:
    """Each manifest is what its kind may be."""
    for name in ("base", "production"):
        for one in manifests(name):
            if one["apiVersion"] != FOREIGN:
                kubernetes_validate.validate(one, VERSION, strict=True)


def pods() -> dict[str, dict]:
    """What each workload runs, by its name."""
    return {
        one["metadata"]["name"]: one["spec"]["template"]["spec"]
        for one in manifests("production")
        if "template" in one.get("spec", {})
    }


def check_pods(_: pathlib.Path) -> None:
    """Each has probes, a limit and no rights."""
    expect("workloads", sorted(pods()), ["database", "edge", "gateway"])
    for name, pod in pods().items():
        expect(name, pod["securityContext"]["runAsNonRoot"], True)
        (container,) = pod["containers"]
        rights = container["securityContext"]
        expect(name, rights["readOnlyRootFilesystem"], True)
        expect(name, rights["allowPrivilegeEscalation"], False)
        expect(name, rights["capabilities"], {"drop": ["ALL"]})
        expect(name, "memory" in container["resources"]["limits"], True)
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            expect(f"{name} {probe}", probe in container, True)


def check_names(_: pathlib.Path) -> None:
    """The edge finds what it looks for, at its port."""
    envoy = yaml.safe_load((TOP / "docker/edge/envoy.yaml").read_text())
    addresses = {
        (where["address"], where["port_value"])
        for row in envoy["static_resources"]["clusters"]
        for group in row["load_assignment"]["endpoints"]
        for one in group["lb_endpoints"]
        for where in [one["endpoint"]["address"]["socket_address"]]
        if row["name"] != "admin"
    }
    services = {
        (one["metadata"]["name"], port["port"])
        for one in manifests("base")
        if one["kind"] == "Service" and one["spec"].get("clusterIP") == "None"
        for port in one["spec"]["ports"]
        if port["name"] == "grpc"
    }
    expect("addresses", addresses, services)
    compose = yaml.safe_load((TOP / "docker/edge/compose.yaml").read_text())
    hosts = {host for host, _ in addresses}
    expect("compose", set(compose["services"]), {"edge", *hosts})


CHECKS = (
    check_unit,
    check_users,
    check_settings,
    check_schemas,
    check_pods,
    check_names,
)


def run_check(check: Callable[[pathlib.Path], None]) -> bool:
    """Runs one check and tells of it. Whether all was well."""
    with tempfile.TemporaryDirectory() as directory:
        try:
            check(pathlib.Path(directory))
        except (Failure, kubernetes_validate.ValidationError) as error:
            # The rest of what jsonschema says is the schema.
            said = str(error).split("\n\nFailed validating")[0]
            print(f"{check.__name__}: FAILED: {said}", flush=True)
            return False
        print(f"{check.__name__}: ok", flush=True)
        return True


if __name__ == "__main__":
    went = [run_check(check) for check in CHECKS]
    sys.exit(0 if all(went) else 1)
