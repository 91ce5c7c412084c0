# shellcheck shell=bash
#
# Breaks endpoint/ on purpose and looks whether its tests notice. For ./dev,
# which lends it `step`, `need_mutator` and the rest.

# mutants_steps [OPTION...]: those of .ci/mutants.py.
mutants_steps() {
  local python_tool
  step "install universalmutator" need_mutator
  finish
  mkdir -p build/logs
  step "mutants" "$python_tool" .ci/mutants.py \
    --report build/logs/mutants.txt "$@"
  finish
}
