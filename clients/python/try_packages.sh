#!/usr/bin/env bash
# Installs the Python client in each way that a user may take, from a clone in
# which nothing was built, and runs the README's example with it.
#
# Needs git and PyPI, and thespian-gateway and thespian-demo-child in
# $THESPIAN_GATEWAY_BIN. For build.sh.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$(mktemp -d)
gateway=
trap 'clean_up' EXIT
export PIP_CONSTRAINT=$here/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK=1
unset PYTHONPATH PYTHONHOME

clean_up() {
  [[ -z $gateway ]] || { kill "$gateway" && wait "$gateway"; } || true
  rm -rf "$folder"
}

start_gateway() {
  mkfifo "$folder/ports"
  "$THESPIAN_GATEWAY_BIN/thespian-gateway" --listen 127.0.0.1:0 \
    --port-file "$folder/ports" --log-level warn \
    -- "$THESPIAN_GATEWAY_BIN/thespian-demo-child" &
  gateway=$!
  read -r -t 30 address <"$folder/ports"
}

# The fenced block of a language.
block() {
  awk -v fence="\`\`\`$1" '$0 == fence { on = 1; next } /^```$/ { on = 0 } on' \
    "$here/README.md"
}

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
  (cd "$folder" && "$folder/venv/bin/python" -W error::DeprecationWarning \
    example.py "$address") >"$folder/printed"
  diff "$folder/expected" "$folder/printed" || {
    echo "$name: the README's example does not print what it should" >&2
    return 1
  }
  echo "the Python client, $name: the README's example runs"
}

"$here/../clone.sh" "$folder"
start_gateway
block python >"$folder/example.py"
block console | sed 1d >"$folder/expected"
/usr/bin/python3 -m venv "$folder/venv"
client=$folder/clone/clients/python

try "from the folder" "$client"
rm -rf "$client"
git -C "$folder/clone" checkout --quiet clients/python
try "from the repository" --no-deps \
  "git+file://$folder/repository#subdirectory=clients/python"
"$folder/venv/bin/pip" install --quiet build
"$folder/venv/bin/python" -m build --outdir "$folder/dist" "$client" \
  >"$folder/log" 2>&1 || { cat "$folder/log" >&2 && exit 1; }
try "from the wheel, which is built from the sdist" --no-deps \
  "$folder"/dist/*.whl
