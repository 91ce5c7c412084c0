#!/usr/bin/env bash
# Builds, tests and lints the Node client, and what examples/ has in Node. The
# sources are copied to build/node/client and build/node/examples, where
# everything that is installed or compiled stays. The stubs are committed, and so
# are the types of the SDK; `lint` looks whether they are those of the .proto
# files and of its comments.
#
# Needs node 18.18 or later and npm; for the stubs protoc, and the google/rpc
# protos that proto/CMakeLists.txt names. `test` and `package-test` need
# build/bin/thespian-gateway and thespian-demo-child as well.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
top=$PWD
client=build/node/client
sdk=build/node/examples/sdk/node
child=build/node/examples/children/node
station=build/node/examples/switchboard/node

usage() {
  cat >&2 <<'EOF'
usage: clients/node/build.sh COMMAND

  build         install the packages of package-lock.json, compile
  stubs         make the stubs anew, from the .proto files, and the types of
                the SDK
  test          build, then run the tests
  lint          build, then compare the stubs and types, eslint and prettier
  pack          build, then make build/node/*.tgz, which npm can install
  package-test  install a clone, and the tarball of one, and use them
  clean         remove build/node
EOF
  exit 64
}

# copy FROM TO: what is there already, and is not of the sources, stays.
copy() {
  mkdir -p "$2"
  find "$2" -mindepth 1 -maxdepth 1 \
    ! -name node_modules ! -name dist -exec rm -rf {} +
  tar -C "$1" --exclude=./node_modules --exclude=./dist -c . | tar -C "$2" -x
  rm -f "$2/build.sh"
}

# install DIR: the packages of its lock file, unless they are there. No package
# needs its install script, nor what it lists as optional.
install_packages() {
  local stamp=$1/node_modules/.installed
  cmp -s "$1/package-lock.json" "$stamp" && return
  (cd "$1" && npm ci --ignore-scripts --omit=optional --no-audit --no-fund \
    --loglevel=error >/dev/null)
  cp "$1/package-lock.json" "$stamp"
}

googleapis() {
  sed -nE 's|^ *(/usr/.*/googleapis)$|\1|p' proto/CMakeLists.txt
}

# generate FOLDER
generate() {
  local options=env=node,esModuleInterop=true,importSuffix=.js
  options+=,outputServices=grpc-js,outputJsonMethods=false
  options+=,outputPartialMethods=false,forceLong=bigint
  options+=,stringEnums=true,enumsAsLiterals=true,removeEnumPrefix=true
  rm -rf "$1"
  mkdir -p "$1"
  protoc -I proto -I "$(googleapis)" \
    --plugin="$client/node_modules/.bin/protoc-gen-ts_proto" \
    --ts_proto_out="$1" --ts_proto_opt="$options" \
    thespian/gateway/v1/gateway.proto thespian/gateway/v1/admin.proto \
    google/rpc/status.proto google/rpc/error_details.proto
}

stubs() {
  copy clients/node "$client"
  install_packages "$client"
  generate clients/node/src/gen
  copy examples/sdk/node "$sdk"
  install_packages "$sdk"
  sdk_types "$top/examples/sdk/node"
}

check_stubs() {
  generate build/node/gen
  diff -r build/node/gen clients/node/src/gen >&2 || {
    echo "the stubs are not those of the .proto files; run ./dev stubs" >&2
    return 1
  }
}

build() {
  copy examples/sdk/node "$sdk"
  copy examples/children/node "$child"
  copy examples/switchboard/node "$station"
  copy clients/node "$client"
  install_packages "$sdk"
  install_packages "$client"
  rm -rf "$client/dist"
  (cd "$client" && npm run --silent build)
}

package_test() {
  export THESPIAN_GATEWAY_BIN=${THESPIAN_GATEWAY_BIN:-$top/build/bin}
  clients/node/try_packages.sh
}

run_tests() {
  export THESPIAN_GATEWAY_BIN=${THESPIAN_GATEWAY_BIN:-$top/build/bin}
  export THESPIAN_NODE_CHILD=$top/$child/child.mjs
  export THESPIAN_TEST_DATA=$top/tests/data
  (cd "$client" && npm run --silent test)
  (cd "$sdk" && node --test test/*.test.js)
}

# The types of the SDK are made from its comments; they are committed.
sdk_types() {
  local types=$top/$client/node_modules/@types
  (cd "$sdk" && "$top/$client/node_modules/.bin/tsc" --project . \
    --typeRoots "$types" --types node --outDir "$1")
}

check_sdk_types() {
  local made file
  made=$top/build/node/sdk-types
  rm -rf "$made"
  sdk_types "$made"
  for file in "$made"/*.d.ts; do
    diff "$file" "examples/sdk/node/${file##*/}" >&2 || {
      echo "the types are not those of the SDK's comments; run ./dev stubs" >&2
      return 1
    }
  done
}

lint() {
  check_stubs
  check_sdk_types
  (cd "$client" && npm run --silent lint)
  "$client/node_modules/.bin/prettier" --check "$sdk"/{,test/}*.js \
    "$child"/*.mjs "$station"/*.mjs
}

pack() {
  (cd "$client" && npm pack --ignore-scripts --silent --pack-destination ..)
}

case ${1:-} in
  build) build ;;
  stubs) stubs ;;
  test) build && run_tests ;;
  lint) build && lint ;;
  pack) build && pack ;;
  package-test) package_test ;;
  clean) rm -rf build/node ;;
  *) usage ;;
esac
