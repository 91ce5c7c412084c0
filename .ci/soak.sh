# shellcheck shell=bash
#
# Runs the gateway for long under load and looks for what it leaves behind. For
# ./dev, which lends it `step`, `build` and the rest.

# soak_steps [OPTION...]: those of tests/soak/soak.cc, such as --minutes N.
soak_steps() {
  step "build" build dev soak
  finish
  step "soak" build/bin/soak --log build/logs/soak.gateway "$@"
  finish
}
