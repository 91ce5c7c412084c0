#!/usr/bin/env bash
# Makes what Envoy must know of the API to speak JSON: the descriptors of our
# .proto, with the paths of http.rules, and those of google.rpc's error details.
#
#   docker/edge/descriptors.sh OUT
#
# Needs protoc and Debian's golang-github-gogo-googleapis-dev (or GOOGLEAPIS, a
# directory with google/api and google/rpc).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
proto=$here/../../proto
googleapis=${GOOGLEAPIS:-/usr/share/gocode/src/github.com/gogo/googleapis}
api=thespian/gateway/v1/gateway.proto
(($# == 1)) || {
  echo "usage: descriptors.sh OUT" >&2
  exit 64
}

# Gives each RPC of the rules its option, and fails if one is not there.
with_rules() {
  awk '
    NR == FNR { if (/^[A-Z]/) rule[$1] = $2 ": \"" $3 "\""; next }
    /^package / { print; print "import \"google/api/annotations.proto\";"; next }
    match($0, /^  rpc [A-Za-z]+/) {
      name = substr($0, 7, RLENGTH - 6)
      if (name in rule && sub(/;$/, "")) {
        body = rule[name] ~ /^post/ ? " body: \"*\"" : ""
        $0 = $0 " { option (google.api.http) = {" rule[name] body "}; }"
        delete rule[name]
      }
    }
    { print }
    END {
      for (name in rule) { print "no RPC " name > "/dev/stderr"; exit 1 }
    }' "$here/http.rules" "$proto/$api"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/${api%/*}"
with_rules >"$work/$api"
protoc -I "$work" -I "$googleapis" --include_imports -o "$1" \
  "$api" google/rpc/error_details.proto
