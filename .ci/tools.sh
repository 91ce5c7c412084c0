# shellcheck shell=bash
#
# Tools written in Python: those of PyPI, and the tests of our own. For ./dev.

lizard_version=1.24.3
universalmutator_version=1.14.1

# need_python_tool PACKAGE VERSION: sets $python_tool to the python of an
# environment that has this one package of PyPI.
need_python_tool() { need_python_env "$1-$2" "$1==$2"; }

# need_python_env NAME WHAT...: the same, with what pip is asked for.
need_python_env() {
  local venv=build/tools/$1
  shift
  python_tool=$venv/bin/python
  [[ -e $venv/complete ]] && return
  rm -rf "$venv"
  /usr/bin/python3 -m venv "$venv" &&
    "$venv/bin/pip" install -q --disable-pip-version-check "$@" &&
    touch "$venv/complete"
}

need_lizard() { need_python_tool lizard "$lizard_version"; }
need_mutator() {
  need_python_tool universalmutator "$universalmutator_version"
}

check_tools() {
  local python_tool
  need_lizard && "$python_tool" tests/tools/metrics_test.py &&
    need_mutator && "$python_tool" tests/tools/mutants_test.py &&
    need_cyclonedx && "$python_tool" tests/tools/audit_test.py
}
