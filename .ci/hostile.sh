# shellcheck shell=bash
#
# Hostile clients against the gateway. For ./dev, which lends it `step`,
# `need_python_tool` and the rest.

h2_version=4.4.1

# hostile OPTION...: those of tests/hostile/run.py.
hostile() {
  local python_tool
  need_python_tool h2 "$h2_version" && "$python_tool" tests/hostile/run.py "$@"
}
