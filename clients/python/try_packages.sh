#!/usr/bin/env bash
# Installs the Python client in each way that a user may take, from a clone in
# which nothing was built, and runs the README's example with it.
#
# Needs git and PyPI, and thespian-gateway and thespian-demo-child in
# $THESPIAN_GATEWAY_BIN. For build.sh.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=clients/newcomer.sh
. "$here/../newcomer.sh"
export PIP_CONSTRAINT=$here/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK=1
unset PYTHONPATH PYTHONHOME

# try NAME PIP_ARGUMENT...: what it installs replaces what was there.
try() {
  local name=$1 typed
  shift
  "$folder/venv/bin/pip" install --quiet --force-reinstall "$@"
  typed=$("$folder/venv/bin/python" -c 'import thespian_gateway.gen as g; \
from pathlib import Path; print(len([*Path(g.__file__).parent.glob("*.pyi")]))')
  [[ $typed == 4 ]] || {
    echo "$name: $typed of the stubs' types are installed, not 4" >&2
    return 1
  }
  (cd "$folder" && says "the Python client, $name" "$here/README.md" \
    venv/bin/python example.py)
}

make_clone
block python "$here/README.md" >"$folder/example.py"
/usr/bin/python3 -m venv "$folder/venv"
client=$folder/clone/clients/python

try "from the folder" "$client"
rm -rf "$client"
git -C "$folder/clone" checkout --quiet clients/python
# What follows does without an environment of its own for each build.
"$folder/venv/bin/pip" install --quiet build setuptools
try "from the repository" --no-deps --no-build-isolation \
  "git+file://$folder/repository#subdirectory=clients/python"
"$folder/venv/bin/python" -m build --no-isolation --outdir "$folder/dist" "$client" \
  >"$folder/log" 2>&1 || { cat "$folder/log" >&2 && exit 1; }
try "from the wheel, which is built from the sdist" --no-deps \
  "$folder"/dist/*.whl
