# shellcheck shell=bash
#
# What the tests of the packages have in common: a clone of this tree in which
# nothing was built, a gateway, and the README's example. To be sourced.
#
# $folder is theirs, and removed at the end.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=$(mktemp -d)
gateway=
trap clean_up EXIT

clean_up() {
  [[ -z $gateway ]] || { kill "$gateway" && wait "$gateway"; } || true
  rm -rf "$folder"
}

# Makes $folder/repository of the tree as it is now, with what is not committed
# yet and without what git ignores, and $folder/clone of that.
make_clone() {
  export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
  unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
  git init --quiet --bare --initial-branch=main "$folder/repository"
  (cd "$top" && of_the_tree add --all && of_the_tree commit --quiet -m tree)
  git clone --quiet "$folder/repository" "$folder/clone"
}

of_the_tree() {
  git -c user.name=test -c user.email=test@localhost \
    --git-dir="$folder/repository" --work-tree="$top" "$@"
}

# Starts a gateway with its demo child, and sets $address.
start_gateway() {
  rm -f "$folder/ports"
  mkfifo "$folder/ports"
  "$THESPIAN_GATEWAY_BIN/thespian-gateway" --listen 127.0.0.1:0 \
    --port-file "$folder/ports" --log-level warn \
    -- "$THESPIAN_GATEWAY_BIN/thespian-demo-child" &
  gateway=$!
  read -r -t 30 address <"$folder/ports"
}

# block LANGUAGE README: the first fenced block of that language.
block() {
  awk -v fence="\`\`\`$1" '
    $0 == fence && !seen { on = seen = 1; next }
    /^```$/ { on = 0 }
    on' "$2"
}

# says WHAT README COMMAND...: the command prints what the README shows after
# its `$ ...`, with a gateway in which nothing has happened yet.
says() {
  local what=$1 readme=$2
  shift 2
  start_gateway
  "$@" "$address" >"$folder/printed"
  kill "$gateway"
  wait "$gateway" || true
  gateway=
  diff <(block console "$readme" | sed 1d) "$folder/printed" || {
    echo "$what: the README's example does not print what it should" >&2
    return 1
  }
  echo "$what: the README's example prints what it should"
}
