# shellcheck shell=bash
#
# What the image and the clients are made of, and what is known against it. For
# ./dev, which lends it `step`, `as_root`, `need_python_tool` and the rest.

cyclonedx_version=11.12.0
audit_output=build/sbom

# The validator comes with what checks a schema.
need_cyclonedx() {
  need_python_env "cyclonedx-$cyclonedx_version" \
    "cyclonedx-python-lib[json-validation]==$cyclonedx_version"
}

# audit_steps [--root DIRECTORY | --image NAME | --resolve]: of the image with
# that root file system or that name, or of what would be built now; of itself
# the image if there is one.
audit_steps() {
  local python_tool root=() how=${1:---auto}
  case $how in
    --root | --image) (($# == 2)) || usage_error "$how takes one argument" ;;
    --resolve | --auto) (($# <= 1)) || usage_error "one of audit's options" ;;
    *) usage_error "audit has no option '$how'" ;;
  esac
  step "install cyclonedx" need_cyclonedx
  step "what Debian has now" as_root apt-get -qq update
  finish
  audit_find_root "$@"
  finish
  mkdir -p build/logs
  audit_ask_npm >build/logs/npm-audit.json
  step "audit" "$python_tool" .ci/audit.py "${root[@]}" \
    --npm-answer build/logs/npm-audit.json "$audit_output"
  finish
}

# Sets root to audit.py's option.
audit_find_root() {
  case $how in
    --root) root=(--root "$2") ;;
    --image)
      step "unpack $2" audit_unpack "$2"
      root=(--root build/audit-root)
      ;;
    --auto)
      docker image inspect "${docker_image:?}" >/dev/null 2>&1 || return 0
      step "unpack ${docker_image:?}" audit_unpack "${docker_image:?}"
      root=(--root build/audit-root)
      ;;
  esac
}

# audit_unpack IMAGE: what is looked at of it.
audit_unpack() {
  local container
  rm -rf build/audit-root
  mkdir -p build/audit-root
  container=$(docker create "$1" true) || return 1
  docker export "$container" |
    tar -x -C build/audit-root var/lib/dpkg/status usr/local/bin
  local outcome=("${PIPESTATUS[@]}")
  docker rm "$container" >/dev/null
  [[ ${outcome[*]} == "0 0" ]]
}

# Fails where something was found, and where the registry has no answer.
audit_ask_npm() {
  npm audit --json --package-lock-only --omit=dev --prefix clients/node \
    2>/dev/null || true
}
