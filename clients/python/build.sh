#!/usr/bin/env bash
# Builds, tests and lints the Python client and the Python child. Everything
# that is installed lies in build/python/venv, the stubs beside the sources,
# where git ignores them.
#
# Needs Debian's python3-venv, and PyPI; `test` also build/bin/thespian-gateway
# and thespian-demo-child.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"
top=$(cd ../.. && pwd)
venv=$top/build/python/venv
ours=("$PWD" "$top/clients/conformance" "$top/examples/children/python"
  "$top/tests/bench")
typed=(src conformance tests "$top/clients/conformance" "$top/tests/bench")

usage() {
  cat >&2 <<'EOF2'
usage: clients/python/build.sh COMMAND

  build   make the environment, if it isn't there: this client, editable, with
          its stubs, and what its checks need
  test    build, then run the tests
  lint    build, then ruff and mypy
  pack    build, then make build/python/*.whl, which pip can install
  clean   remove the environment and the stubs
EOF2
  exit 64
}

# What the environment is made of.
inputs() {
  sha256sum pyproject.toml setup.py constraints.txt \
    "$top/proto/thespian/gateway/v1/gateway.proto"
}

build() {
  local stamp=$venv/.made_of made_of
  made_of=$(inputs)
  [[ -r $stamp && $(<"$stamp") == "$made_of" ]] && return
  [[ -x $venv/bin/pip ]] || /usr/bin/python3 -m venv "$venv"
  install --editable '.[dev]'
  "$venv/bin/python" -c 'import thespian_gateway'
  printf '%s\n' "$made_of" >"$stamp"
}

install() {
  PIP_CONSTRAINT=$PWD/constraints.txt "$venv/bin/pip" install --quiet \
    --disable-pip-version-check "$@"
}

run_tests() {
  export THESPIAN_GATEWAY_BIN=${THESPIAN_GATEWAY_BIN:-$top/build/bin}
  "$venv/bin/python" -m pytest --quiet
}

lint() {
  "$venv/bin/ruff" check --quiet --config pyproject.toml "${ours[@]}"
  "$venv/bin/ruff" format --quiet --check --config pyproject.toml "${ours[@]}"
  "$venv/bin/mypy" --cache-dir "$top/build/python/mypy" "${typed[@]}"
}

pack() {
  PIP_CONSTRAINT=$PWD/constraints.txt "$venv/bin/pip" wheel --quiet \
    --disable-pip-version-check --no-deps --wheel-dir "$top/build/python" .
  rm -r build  # setuptools leaves it
}

case ${1:-} in
  build) build ;;
  test) build && run_tests ;;
  lint) build && lint ;;
  pack) build && pack ;;
  clean) rm -rf "$top/build/python" src/thespian_gateway/gen ;;
  *) usage ;;
esac
