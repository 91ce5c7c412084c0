# shellcheck shell=bash
#
# Looks for inputs that break the properties of tests/fuzz. For ./dev, which
# lends it `step`, `build` and the rest.

fuzz_seconds=60
fuzz_max_bytes=1024
fuzz_dir=build/fuzz

# fuzz_steps [--seconds N] [TARGET...]: every target unless some are named.
fuzz_steps() {
  local seconds=$fuzz_seconds targets=() target
  while (($# > 0)); do
    if [[ $1 == --seconds ]]; then
      [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || usage_error "--seconds wants a number"
      seconds=$2
      shift
    else
      list_fuzz_targets | grep -qxF -e "$1" ||
        usage_error "no fuzz target '$1'; there are: $(list_fuzz_targets | xargs)"
      targets+=("$1")
    fi
    shift
  done
  ((${#targets[@]} > 0)) || mapfile -t targets < <(list_fuzz_targets)
  step "build fuzz" build fuzz fuzz_targets
  finish
  for target in "${targets[@]}"; do
    step "fuzz $target" fuzz "$target" "$seconds"
  done
  finish
}

# Each has a directory of inputs.
list_fuzz_targets() {
  find tests/fuzz/corpus -mindepth 1 -maxdepth 1 -printf '%f\n' | LC_ALL=C sort
}

# fuzz TARGET SECONDS: what it learns stays in build/fuzz/corpus; what breaks
# the property, in build/fuzz/artifacts.
fuzz() {
  local learned=$fuzz_dir/corpus/$1 found=$fuzz_dir/artifacts/$1
  local log=build/logs/fuzz.$1
  mkdir -p "$learned" "$found"
  without_aslr "$fuzz_dir/bin/fuzz_$1" -max_total_time="$2" \
    -max_len="$fuzz_max_bytes" -len_control=20 -timeout=20 -rss_limit_mb=2048 \
    -print_final_stats=1 -artifact_prefix="$found/" \
    "$learned" "tests/fuzz/corpus/$1" >"$log" 2>&1 || {
    grep -v '^#' "$log" | tail -n 60
    echo "the whole log is $log; what was found so far:"
    find "$found" -type f
    return 1
  }
  sed -n 's/^stat::number_of_executed_units: */runs: /p' "$log"
}
