# shellcheck shell=bash
#
# Runs the tests in a build that checks that every mutex is a leaf. For ./dev,
# which lends it `step`, `build` and the rest.

locks_dir=build/locks
locks_report=build/logs/locks.txt

# locks_steps [--report] [FILTER]
locks_steps() {
  local report=''
  [[ ${1:-} != --report ]] || {
    report=yes
    shift
  }
  step "build locks" build locks
  finish
  if [[ $report ]]; then
    report_locks "$@"
    return
  fi
  step "test locks" run_tests locks "$@"
  step "count locks" "$locks_dir/bin/lock_count_test"
  tally
}

# Every place where a lock is taken under another, or something foreign called;
# the tests go on.
report_locks() {
  mkdir -p "${locks_report%/*}"
  rm -f "$locks_report"
  TG_LOCK_REPORT=$PWD/$locks_report step "test locks" run_tests locks "$@"
  touch "$locks_report"
  echo "held by | then | does:"
  LC_ALL=C sort -u "$locks_report"
  finish
}
