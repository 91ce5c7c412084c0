#!/usr/bin/env bash
# The Go client, its conformance runner, and what examples/ has in Go.
#
#   build.sh build         builds everything into build/go/bin
#   build.sh stubs         makes the stubs (clients/go/gen) anew; they are
#                          committed
#   build.sh test          the tests, with the race detector
#   build.sh lint          whether the stubs are those of the .proto files,
#                          gofmt and go vet
#   build.sh package-test  `go get` and `go install` of the module, from a
#                          clone, and the README's example with it
#
# Needs Go 1.19 or newer and, for the race detector, a C compiler; for the
# stubs protoc and google/rpc/*.proto as well; on Debian 12: golang-go
# protobuf-compiler golang-github-gogo-googleapis-dev gcc libc6-dev. The modules
# that go.mod pins come from the module proxy. The tests run the gateway: they
# need thespian-gateway and thespian-demo-child in build/bin.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"
top=$(cd ../.. && pwd)
bin=$top/build/go/bin
sdk=$top/examples/sdk/go
child=$top/examples/children/go
station=$top/examples/switchboard/go
protos=(thespian/gateway/v1/gateway.proto thespian/gateway/v1/admin.proto)
status=Mgoogle/rpc/status.proto=google.golang.org/genproto/googleapis/rpc/status
googleapis=${GOOGLEAPIS:-/usr/share/gocode/src/github.com/gogo/googleapis}

# Binaries are the same in a clone, an archive and a container's copy.
export GOFLAGS="${GOFLAGS:-} -buildvcs=false"

usage() {
  echo "usage: clients/go/build.sh build|stubs|test|lint|package-test" >&2
  exit 64
}

# generate FOLDER: makes FOLDER/gen.
generate() {
  mkdir -p "$bin"
  (cd tools && go build -o "$bin/" google.golang.org/protobuf/cmd/protoc-gen-go \
    google.golang.org/grpc/cmd/protoc-gen-go-grpc)
  local options=module=thespian.dev/gateway
  rm -rf "$1/gen"
  PATH=$bin:$PATH protoc -I "$top/proto" -I "$googleapis" \
    --go_out="$1" --go_opt="$options,$status" \
    --go-grpc_out="$1" --go-grpc_opt="$options,$status" "${protos[@]}"
}

check_stubs() {
  generate "$bin/.."
  diff -r "$bin/../gen" gen >&2 || {
    echo "the stubs are not those of the .proto files; run ./dev stubs" >&2
    return 1
  }
}

build() {
  mkdir -p "$bin"
  go build ./...
  go build -o "$bin/" ./cmd/...
  (cd "$child" && go build -o "$bin/thespian-go-child" .)
  (cd "$station" && go build -o "$bin/thespian-go-station" .)
}

run_tests() {
  build
  go test -race -timeout 5m "$@" ./...
  (cd "$sdk" && go test -race -timeout 2m "$@" ./...)
  (cd "$child" && go test -race -timeout 2m "$@" ./...)
}

package_test() {
  export THESPIAN_GATEWAY_BIN=${THESPIAN_GATEWAY_BIN:-$top/build/bin}
  ./try_module.sh
}

lint() {
  check_stubs
  local unformatted
  unformatted=$(gofmt -l . "$sdk" "$child" "$station" | grep -v '^gen/' || true)
  [[ -z $unformatted ]] || {
    printf 'not as gofmt would write it:\n%s\n' "$unformatted" >&2
    return 1
  }
  go vet ./...
  (cd "$sdk" && go vet ./...)
  (cd "$child" && go vet ./...)
  (cd "$station" && go vet ./...)
}

command=${1:-}
(($# == 0)) || shift
case $command in
  build) build ;;
  stubs) generate . ;;
  test) run_tests "$@" ;;
  lint) lint ;;
  package-test) package_test ;;
  *) usage ;;
esac
