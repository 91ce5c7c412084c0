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

release=bookworm
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

make_debian() {
  apt-get -qq update && bootstrap "$1" && configure_debian "$1"
}

bootstrap() {
  local mirror log=$1.log
  mirror=$(debian_sources | awk -v r="$release" '$3 == r { print $2; exit }')
  [[ $mirror ]] || {
    echo "apt has no source of Debian's $release here" >&2
    return 1
  }
  debootstrap --variant=minbase --include=ca-certificates "$release" "$1" \
    "$mirror" >"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    return 1
  }
}

# This machine's sources of Debian itself, as lines of a sources.list.
debian_sources() {
  # shellcheck disable=SC2016 # apt fills these in
  apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
    'Created-By: Packages' 'Origin: Debian' | grep " $release" | LC_ALL=C sort -u
}

configure_debian() {
  debian_sources >"$1/etc/apt/sources.list" &&
    cp -r /etc/apt/apt.conf.d "$1/etc/apt/" &&
    cp -L /etc/resolv.conf /etc/hosts "$1/etc/" &&
    cp -rL /usr/local/share/ca-certificates "$1/usr/local/share/" &&
    chroot "$1" update-ca-certificates >/dev/null
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
