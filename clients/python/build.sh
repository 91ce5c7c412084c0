#!/usr/bin/env bash
# Builds, tests and lints the Python client, and what examples/ has in Python.
# Everything that is installed lies in build/python/venv. The stubs are committed;
# `lint` looks whether they are those of the .proto files.
#
# Needs Debian's python3-venv, and PyPI; `test` and `package-test` also
# build/bin/thespian-gateway and thespian-demo-child, and git and openssl.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"
top=$(cd ../.. && pwd)
venv=$top/build/python/venv
gen=src/thespian_gateway/gen
sdk=$top/examples/sdk/python
ours=("$PWD" "$top/clients/conformance" "$top/examples/children/python"
  "$sdk" "$top/examples/switchboard" "$top/tests/bench" "$top/tests/deploy"
  "$top/tests/edge" "$top/tests/switchboard")
typed=(src conformance tests "$top/clients/conformance"
  "$top/examples/children/python" "$sdk/src" "$sdk/tests"
  "$top/examples/switchboard" "$top/tests/bench" "$top/tests/switchboard")

usage() {
  cat >&2 <<'EOF2'
usage: clients/python/build.sh COMMAND

  build         make the environment, if it isn't there: this client, editable,
                and what its checks need
  stubs         build, then make the stubs anew, from the .proto files
  test          build, then run the tests
  lint          build, then compare the stubs, ruff and mypy
  pack          build, then make build/python/*.whl and *.tar.gz
  package-test  install a clone in each way that pip has, and use it
  clean         remove the environment
EOF2
  exit 64
}

# What the environment is made of.
inputs() {
  sha256sum pyproject.toml constraints.txt
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

package_test() {
  export THESPIAN_GATEWAY_BIN=${THESPIAN_GATEWAY_BIN:-$top/build/bin}
  ./try_packages.sh
}

run_tests() {
  export THESPIAN_GATEWAY_BIN=${THESPIAN_GATEWAY_BIN:-$top/build/bin}
  "$venv/bin/python" -m pytest --quiet
  (cd "$sdk" && "$venv/bin/python" -m pytest --quiet)
}

stubs() {
  rm -rf "$gen"
  "$venv/bin/python" generate.py "$gen" 2>"$top/build/python/stubs.log"
}

check_stubs() {
  local made=$top/build/python/gen
  rm -rf "$made"
  "$venv/bin/python" generate.py "$made" 2>"$top/build/python/stubs.log"
  diff -r --exclude=__pycache__ "$made" "$gen" >&2 || {
    echo "the stubs are not those of the .proto files; run ./dev stubs" >&2
    return 1
  }
}

lint() {
  check_stubs
  "$venv/bin/ruff" check --quiet --config pyproject.toml "${ours[@]}"
  "$venv/bin/ruff" format --quiet --check --config pyproject.toml "${ours[@]}"
  "$venv/bin/mypy" --cache-dir "$top/build/python/mypy" "${typed[@]}"
}

pack() {
  PIP_CONSTRAINT=$PWD/constraints.txt "$venv/bin/python" -m build \
    --outdir "$top/build/python" . >"$top/build/python/pack.log" 2>&1 || {
    cat "$top/build/python/pack.log" >&2
    return 1
  }
}

case ${1:-} in
  build) build ;;
  stubs) build && stubs ;;
  test) build && run_tests ;;
  lint) build && lint ;;
  pack) build && pack ;;
  package-test) package_test ;;
  clean) rm -rf "$top/build/python" ;;
  *) usage ;;
esac
