# shellcheck shell=bash
#
# Runs the tests with a count of every line that runs, and says how much of
# endpoint/ and server/ does. For ./dev, which lends it `step`, `build` and the
# rest.

coverage_dir=build/coverage
# Percent of the lines.
coverage_least_endpoint=95
coverage_least_server=90

coverage_steps() {
  step "build coverage" build coverage
  finish
  rm -rf "$coverage_dir/profiles"
  # A few files, to which every process adds when it ends.
  export LLVM_PROFILE_FILE=$PWD/$coverage_dir/profiles/%4m.profraw
  step "test coverage" run_tests coverage
  step "read the counts" coverage_read
  finish
  coverage_report
  echo "the lines that do not run: $coverage_dir/missed.txt"
  step "endpoint/ over $coverage_least_endpoint %" \
    coverage_over endpoint "$coverage_least_endpoint"
  step "server/ over $coverage_least_server %" \
    coverage_over server "$coverage_least_server"
  finish
}

# Leaves $coverage_dir/lines.txt: "FILE:LINE COUNT" for every line with code.
coverage_read() {
  local programs=() program
  for program in "$coverage_dir"/bin/*; do programs+=(-object "$program"); done
  llvm-profdata merge -sparse -o "$coverage_dir/merged.profdata" \
    "$coverage_dir"/profiles/*.profraw &&
    llvm-cov export -format=lcov "${programs[@]}" \
      -instr-profile="$coverage_dir/merged.profdata" |
    awk -F '[:,]' -v top="$PWD/" -v way_back="$coverage_dir/../../" '
      $1 == "SF" {
        file = index($2, top) == 1 ? substr($2, length(top) + 1) : ""
        # ccache has the compiler name the sources as seen from the build.
        if (index(file, way_back) == 1) file = substr(file, length(way_back) + 1)
      }
      $1 == "DA" && file ~ /^(endpoint|server)\// { print file ":" $2, $3 }
    ' >"$coverage_dir/lines.txt" &&
    awk '$2 == 0 { print $1 }' "$coverage_dir/lines.txt" | coverage_quote \
    >"$coverage_dir/missed.txt"
}

# Adds to each FILE:LINE what stands there.
coverage_quote() {
  local place
  while read -r place; do
    printf '%s: %s\n' "$place" "$(sed -n "${place##*:}p" "${place%:*}")"
  done
}

# Every file, and each of the two directories as a whole.
coverage_report() {
  awk '
    function count(name) { all[name]++; if ($2 == 0) gone[name]++ }
    {
      count(substr($1, 1, index($1, ":") - 1))
      count(substr($1, 1, index($1, "/")))
    }
    END {
      for (name in all) {
        printf "%-42s %5d lines %4d missed %6.2f %%\n", name, all[name],
          gone[name], 100 * (all[name] - gone[name]) / all[name]
      }
    }' "$coverage_dir/lines.txt" | LC_ALL=C sort
}

# coverage_over DIRECTORY PERCENT
coverage_over() {
  awk -v directory="$1/" -v least="$2" '
    index($1, directory) == 1 { all++; if ($2 > 0) run++ }
    END { exit !(all > 0 && 100 * run >= least * all) }
  ' "$coverage_dir/lines.txt"
}
