# shellcheck shell=bash
#
# A real Envoy before gateways. For ./dev, which lends it `step`,
# `need_python_env` and the rest.

need_edge() {
  local requirements=.ci/edge-requirements.txt sum
  sum=$(sha256sum "$requirements")
  need_python_env "edge-${sum:0:12}" --require-hashes -r "$requirements"
}

# edge [OPTION...]: those of tests/edge/run.py. With --only the edge alone,
# without the hostile clients before it.
edge() {
  local python_tool hostile=(--edge) option
  for option in "$@"; do
    case $option in
      --short) hostile+=(--short) ;;
      --only*) hostile=() ;;
    esac
  done
  need_edge && "$python_tool" tests/edge/run.py "$@" &&
    { ((${#hostile[@]} == 0)) ||
      "$python_tool" tests/hostile/run.py "${hostile[@]}"; }
}
