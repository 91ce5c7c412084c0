# shellcheck shell=bash
#
# What deploy/ has. For ./dev, which lends it `step`, `need_python_tool` and the
# rest.

kubernetes_validate_version=1.37.0

deploy() {
  local python_tool
  need_python_tool kubernetes-validate "$kubernetes_validate_version" &&
    "$python_tool" tests/deploy/check.py
}
