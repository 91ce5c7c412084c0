#!/usr/bin/env bash
# Proves that the tree needs nothing but a new Debian 12: makes one in a
# temporary directory, with this machine's mirrors, resolver and certificates,
# and runs there what a newcomer runs. Runs as root.
#
# What runs inside has mounts and processes of its own: both end with it,
# however it ends, so nothing is left mounted when the directory is removed.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=.ci/steps.sh
. .ci/steps.sh
# shellcheck source=.ci/debian.sh
. .ci/debian.sh

inside_pid=

fresh() {
  fresh_root=$(mktemp -d)
  chmod 755 "$fresh_root"  # for apt, which downloads as a user of its own
  trap remove_debian EXIT
  trap 'exit 130' INT TERM
  step "make a Debian in $fresh_root" make_debian "$fresh_root"
  step "copy the tree" copy_tree "$fresh_root/src"
  finish
  step "fresh ./dev smoke" inside "$fresh_root" ./dev smoke
  step "fresh ./dev test" inside "$fresh_root" ./dev test
  finish
}

remove_debian() {
  if [[ $inside_pid ]]; then
    pkill -KILL -P "$inside_pid" || true
    wait "$inside_pid" || true
  fi
  rm -rf --one-file-system "$fresh_root" "$fresh_root.log"
}

# The files that git tracks or would.
copy_tree() {
  mkdir -p "$1"
  git -c safe.directory="$PWD" ls-files -z --cached --others \
    --exclude-standard | tar -c --null --ignore-failed-read -T - |
    tar -x --no-same-owner -C "$1"
}

# inside ROOT COMMAND...: runs it at the top of the tree's copy, with /proc and
# /sys (without which glibc sets errno where gRPC 1.51 does not expect it), in a
# session of its own. In the background, so that Ctrl-C ends this script, which
# then kills it.
inside() {
  local root=$1 settings status=0
  shift
  mapfile -t settings < <(env | grep -iE '^(pip_|ssl_cert_|[a-z]+_proxy=)')
  # shellcheck disable=SC2016 # $0 and $@ are the inner shell's
  unshare --mount --pid --fork --kill-child --mount-proc="$root/proc" \
    bash -c 'mount --rbind /sys "$0/sys" && exec chroot "$0" "$@"' "$root" \
    setsid env -i --chdir=/src "${settings[@]}" HOME=/root LANG=C.UTF-8 \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@" &
  inside_pid=$!
  wait "$inside_pid" || status=$?
  inside_pid=
  return $status
}

fresh
