# shellcheck shell=bash
#
# What the gateway costs; see docs/performance.md. For ./dev, which lends it
# `step`, `build` and the rest.

bench_dir=build/release/bin
plot_packages=(python3-matplotlib)

# bench_steps [--plots DIRECTORY] [OPTION...]: the others are those of
# tests/bench/bench.cc, such as --quick and --only.
bench_steps() {
  local options=() plots='' json=build/logs/bench.json
  while (($# > 0)); do
    case $1 in
      --plots)
        [[ -d ${2:-} ]] || usage_error "--plots wants a directory"
        plots=$2
        shift
        ;;
      --json)
        [[ ${2:-} ]] || usage_error "--json wants a file"
        json=$2
        shift
        ;;
      *) options+=("$1") ;;
    esac
    shift
  done
  [[ -z $plots ]] || need_packages "${plot_packages[@]}"
  step "build" build release bench
  step "build python client" clients/python/build.sh build
  finish
  mkdir -p build/logs
  step "bench" "$bench_dir/bench" --logs build/logs \
    --json "$json" "${options[@]}"
  [[ -z $plots ]] ||
    step "plots" /usr/bin/python3 .ci/plots.py "$json" "$plots"
  finish
}
