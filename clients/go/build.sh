#!/usr/bin/env bash
# The Go client, its conformance runner and the Go child.
#
#   build.sh build  generates the stubs (clients/go/gen), then builds
#                   everything into build/go/bin
#   build.sh test   the tests, with the race detector
#   build.sh lint   gofmt and go vet
#
# Needs Go 1.19 or newer, protoc, google/rpc/*.proto and, for the race
# detector, a C compiler; on Debian 12: golang-go protobuf-compiler
# golang-github-gogo-googleapis-dev gcc libc6-dev. The modules that go.mod
# pins come from the module proxy. The tests run the gateway: they need
# thespian-gateway and thespian-demo-child in build/bin.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"
top=$(cd ../.. && pwd)
bin=$top/build/go/bin
child=$top/examples/children/go
proto=thespian/gateway/v1/gateway.proto
googleapis=${GOOGLEAPIS:-/usr/share/gocode/src/github.com/gogo/googleapis}
stubs=gen/${proto%.proto}

# Binaries are the same in a clone, an archive and a container's copy.
export GOFLAGS="${GOFLAGS:-} -buildvcs=false"

usage() {
  echo "usage: clients/go/build.sh build|test|lint" >&2
  exit 64
}

# Until the stubs are newer than what they are made from.
generate() {
  [[ $stubs.pb.go -nt $top/proto/$proto && $stubs.pb.go -nt go.mod &&
    -e ${stubs}_grpc.pb.go ]] && return
  rm -rf gen
  go build -o "$bin/" google.golang.org/protobuf/cmd/protoc-gen-go \
    google.golang.org/grpc/cmd/protoc-gen-go-grpc
  local rpc=google.golang.org/genproto/googleapis/rpc
  local options=module=thespian.dev/gateway
  options+=,Mgoogle/rpc/status.proto=$rpc/status
  PATH=$bin:$PATH protoc -I "$top/proto" -I "$googleapis" \
    --go_out=. --go_opt="$options" \
    --go-grpc_out=. --go-grpc_opt="$options" "$proto"
}

build() {
  mkdir -p "$bin"
  generate
  go build ./...
  go build -o "$bin/" ./cmd/...
  (cd "$child" && go build -o "$bin/thespian-go-child" .)
}

run_tests() {
  build
  go test -race -timeout 5m "$@" ./...
  (cd "$child" && go test -race -timeout 2m "$@" ./...)
}

lint() {
  generate
  local unformatted
  unformatted=$(gofmt -l . "$child" | grep -v '^gen/' || true)
  [[ -z $unformatted ]] || {
    printf 'not as gofmt would write it:\n%s\n' "$unformatted" >&2
    return 1
  }
  go vet ./...
  (cd "$child" && go vet ./...)
}

command=${1:-}
(($# == 0)) || shift
case $command in
  build) build ;;
  test) run_tests "$@" ;;
  lint) lint ;;
  *) usage ;;
esac
