#!/usr/bin/env bash
# Installs the Node client as a user does, from a clone in which nothing was
# built: the folder, and the tarball that npm makes of it. With each the
# README's example is run; with the tarball a TypeScript program is compiled too.
#
# Needs git and npm, and thespian-gateway and thespian-demo-child in
# $THESPIAN_GATEWAY_BIN. For build.sh.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=clients/newcomer.sh
. "$here/../newcomer.sh"

install() {
  npm install --no-audit --no-fund --loglevel=error "$@" >"$folder/log" 2>&1 || {
    cat "$folder/log" >&2
    return 1
  }
}

# A package of a user, in the folder of that name.
new_user() {
  mkdir "$folder/$1"
  cd "$folder/$1"
  echo '{ "name": "user", "private": true, "type": "module" }' >package.json
  block js "$here/README.md" >example.mjs
}

runs() { says "the Node client, $1" "$here/README.md" node example.mjs; }

make_clone
client=$folder/clone/clients/node

new_user of_folder
install "$client"
runs "from the folder"

(cd "$client" && npm pack --silent --pack-destination "$folder" >/dev/null)
new_user of_tarball
install "$folder"/thespian-gateway-client-*.tgz
runs "from the tarball"

cp "$client/test/consumer.ts.txt" consumer.ts
"$client/node_modules/.bin/tsc" --noEmit --strict --module nodenext \
  --target es2022 --typeRoots "$client/node_modules/@types" --types node \
  consumer.ts
echo "the Node client, from the tarball: a TypeScript program compiles"
