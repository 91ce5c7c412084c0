# shellcheck shell=bash
#
# Makes a Debian in a folder, with this machine's mirrors, resolver and
# certificates. Runs as root.

debian_release=bookworm

make_debian() {
  apt-get -qq update && bootstrap "$1" && configure_debian "$1"
}

bootstrap() {
  local mirror log=$1.log
  mirror=$(debian_sources |
    awk -v r="$debian_release" '$3 == r { print $2; exit }')
  [[ $mirror ]] || {
    echo "apt has no source of Debian's $debian_release here" >&2
    return 1
  }
  debootstrap --variant=minbase --include=ca-certificates "$debian_release" \
    "$1" "$mirror" >"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    return 1
  }
}

# This machine's sources of Debian itself, as lines of a sources.list.
debian_sources() {
  # shellcheck disable=SC2016 # apt fills these in
  apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
    'Created-By: Packages' 'Origin: Debian' | grep " $debian_release" |
    LC_ALL=C sort -u
}

configure_debian() {
  debian_sources >"$1/etc/apt/sources.list" &&
    cp -r /etc/apt/apt.conf.d "$1/etc/apt/" &&
    cp -L /etc/resolv.conf /etc/hosts "$1/etc/" &&
    cp -rL /usr/local/share/ca-certificates "$1/usr/local/share/" &&
    chroot "$1" update-ca-certificates >/dev/null
}

# Leaves out what Debian's slim images leave out.
slim_debian() {
  cat >"$1/etc/dpkg/dpkg.cfg.d/slim" <<'EXCLUDES'
path-exclude /usr/share/doc/*
path-exclude /usr/share/info/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/man/*
EXCLUDES
  rm -rf "$1"/usr/share/{doc,info,locale,man}/* "$1"/var/lib/apt/lists/* \
    "$1"/var/cache/apt/*.bin "$1"/var/cache/apt/archives/*.deb "$1"/var/log/*.log
}
