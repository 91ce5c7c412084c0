# shellcheck shell=bash
#
# Steps of a command: each says how long it took, and a failed one does not
# keep the next from running.

failed_steps=()

# step NAME COMMAND...
step() {
  local name=$1 start=$SECONDS outcome="done"
  shift
  echo "== $name"
  "$@" || {
    outcome=FAILED
    failed_steps+=("$name")
  }
  echo "== $name: $outcome, $((SECONDS - start)) s"
}

# Ends a command that has failed by now.
finish() {
  ((${#failed_steps[@]} > 0)) || return 0
  printf 'failed: %s\n' "${failed_steps[@]}"
  exit 1
}
