#!/usr/bin/env bash
# Gets the Go client as a user does, from a clone in which nothing was built:
# `go get` in a new module, with the README's example, and `go install`. A proxy
# of files serves the module under a version of its own.
#
# Needs git, and thespian-gateway and thespian-demo-child in
# $THESPIAN_GATEWAY_BIN. For build.sh.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=clients/newcomer.sh
. "$here/../newcomer.sh"
module=thespian.dev/gateway
version=v0.0.0-test.$(date +%s).$$
cache=$(go env GOMODCACHE)
GOPROXY=file://$folder/proxy,$(go env GOPROXY)
export GOPROXY GONOSUMDB=$module GOFLAGS=-mod=mod

trap 'forget && clean_up' EXIT

# The module's version leaves the cache of all modules again.
forget() {
  local lies=$cache/$module@$version
  [[ ! -d $lies ]] || { chmod -R u+w "$lies" && rm -rf "$lies"; }
  rm -f "$cache/cache/download/$module/@v/$version".*
}

# The module's zip has no modules within it, such as tools/.
make_proxy() {
  local versions=$folder/proxy/$module/@v
  mkdir -p "$versions"
  echo "$version" >"$versions/list"
  printf '{"Version":"%s"}' "$version" >"$versions/$version.info"
  cp "$folder/clone/clients/go/go.mod" "$versions/$version.mod"
  git -C "$folder/clone/clients/go" archive --format=zip \
    --prefix="$module@$version/" --output="$versions/$version.zip" \
    HEAD . ':!tools'
}

make_clone
make_proxy
mkdir "$folder/user"
cd "$folder/user"
go mod init example.com/user 2>/dev/null
go get "$module@$version" 2>/dev/null
block go "$here/README.md" >example.go
go build -o example .
if grep protoc-gen go.mod go.sum; then exit 1; fi
says "the Go client, by go get" "$here/README.md" ./example
GOBIN=$folder/bin GOFLAGS='' go install "$module/cmd/conformance-runner@$version"
[[ -x $folder/bin/conformance-runner ]]
echo "the Go client: go install makes its program"
