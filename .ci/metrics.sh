# shellcheck shell=bash
#
# The shape of the sources, as figures. For ./dev, which lends it `step`,
# `need_lizard` and the rest.

# metrics_steps [REVISION]: of the work tree, and of the revision beside it.
metrics_steps() {
  local python_tool trees=() before=''
  (($# <= 1)) || usage_error "metrics takes one revision"
  step "install lizard" need_lizard
  finish
  mkdir -p build/logs
  if (($# == 1)); then
    git rev-parse -q --verify "$1^{commit}" >/dev/null ||
      usage_error "no revision '$1'"
    before=build/metrics/$(git rev-parse "$1")
    step "take $1 out of git" metrics_tree "$1" "$before"
    finish
    trees+=("$1=$before")
  fi
  step "measure" "$python_tool" .ci/metrics.py \
    --markdown build/logs/metrics.md "${trees[@]}" "now=."
  [[ -z $before ]] || rm -rf "$before"
  finish
  echo "the same as Markdown: build/logs/metrics.md"
}

# metrics_tree REVISION DIRECTORY
metrics_tree() {
  rm -rf "$2"
  mkdir -p "$2"
  git archive "$1" clients endpoint examples server tests | tar -x -C "$2"
}
