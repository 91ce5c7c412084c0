# shellcheck shell=bash
#
# The checks that need no test: each is a function that fails with the places.
# For ./dev, which lends it `step`, `configure` and `need_python_tool`.

buf_version=1.75.0
dockerfilelint_version=1.8.0
source_dirs=(clients docker endpoint examples server tests)
max_file_lines=500
max_test_lines=60

# our_files GLOB...: the sources whose names match, one a line.
our_files() {
  local globs=() glob
  for glob in "$@"; do globs+=(-o -name "$glob"); done
  find "${source_dirs[@]}" .ci \( -name node_modules -o -name gen \) -prune -o \
    -type f \( "${globs[@]:1}" \) -print | LC_ALL=C sort
}

our_cxx() { our_files '*.cc' '*.h'; }

lint_steps() {
  step "format" check_format
  step "house rules" check_house_rules
  step "shellcheck" check_shell
  step "buf lint" check_proto
  step "dockerfilelint" check_dockerfiles
  step "clang-tidy" check_tidy
}

# complain MESSAGE: fails and shows what is on stdin, if there is anything.
complain() {
  local found
  found=$(cat)
  [[ -z $found ]] || {
    printf '%s:\n%s\n' "$1" "$found" >&2
    return 1
  }
}

check_format() {
  our_cxx | xargs clang-format --dry-run 2>&1 |
    sed -nE 's/^([^ ]+):[0-9]+:[0-9]+: .*/\1/p' | uniq |
    complain 'not as ./dev format would write it'
}

check_house_rules() {
  local failed=0
  forbidden_calls | complain 'forbidden by the house style' || failed=1
  loose_ends | complain 'loose ends' || failed=1
  long_files | complain "over $max_file_lines lines" || failed=1
  other_licences | complain 'not as LICENSE' || failed=1
  long_tests | complain "tests over $max_test_lines lines" || failed=1
  return $failed
}

forbidden_calls() {
  local pattern='\.detach\(\)|\bsystem\(|\bpopen\(|waitpid\(-1|cbor_load\('
  pattern+='|std::this_thread::sleep|\bfork\(\)'
  our_cxx | xargs grep -HnE "$pattern" | grep -v 'NOLINT(house)' || true
}

loose_ends() {
  our_files '*.cc' '*.h' '*.py' '*.sh' '*.ts' '*.js' '*.go' |
    xargs grep -HnwE 'TO''DO|FIX''ME' || true
}

long_files() {
  our_files '*.cc' '*.h' '*.py' '*.sh' '*.ts' '*.js' '*.go' | xargs wc -l |
    awk -v max="$max_file_lines" '$1 > max && $2 != "total"'
}

# Packages have a copy of their own.
other_licences() {
  local copy
  for copy in clients/*/LICENSE examples/sdk/*/LICENSE; do
    cmp -s LICENSE "$copy" || echo "$copy"
  done
}

# clang-tidy tells of the functions that are not tests.
# shellcheck disable=SC2016 # $0 is awk's
long_tests() {
  our_files '*.cc' | xargs awk -v max="$max_test_lines" '
    /^TEST/ { start = FNR; name = $0 }
    /^}/ && start {
      if (FNR - start + 1 > max) print FILENAME ":" start ": " name
      start = 0
    }'
}

check_shell() {
  { our_files '*.sh' && printf '%s\n' dev .ci/run; } |
    xargs shellcheck --external-sources
}

# ----------------------------------------------------------------- buf

# buf comes as a Python wheel with the binary in it.
need_buf() {
  local python_tool
  need_python_tool buf-bin "$buf_version" && buf=${python_tool%/*}/buf
}

# An image that protoc made has the imports that buf could only download;
# --path keeps the check to our own files.
check_proto() {
  local image=build/lint.binpb buf
  need_buf && proto_image "$image" && "$buf" lint "$image" --path thespian
}

proto_image() {
  (cd proto && find thespian -name '*.proto') |
    xargs protoc -I proto -I "$(googleapis)" --include_imports \
      --include_source_info -o "$1"
}

googleapis() {
  sed -nE 's|^ *(/usr/.*/googleapis)$|\1|p' proto/CMakeLists.txt
}

# ------------------------------------------------------- dockerfilelint

check_dockerfiles() {
  local tool=build/tools/dockerfilelint-$dockerfilelint_version
  [[ -x $tool/node_modules/.bin/dockerfilelint ]] ||
    npm install --silent --no-fund --no-audit --prefix "$tool" \
      "dockerfilelint@$dockerfilelint_version" >/dev/null || return 1
  find docker -name Dockerfile -print0 |
    xargs -0 "$tool/node_modules/.bin/dockerfilelint"
}

# ---------------------------------------------------------- clang-tidy

# What compiling our sources takes besides them: generated headers and
# precompiled ones.
generate_headers() {
  configure asan && ninja -C build/asan -t targets all |
    sed -nE 's/^([^:]*\.(pb\.h|pch)): .*/\1/p' | grep -v '^tests/' |
    xargs -r ninja -C build/asan
}

# What the verdict on any file depends on, besides the file itself.
tidy_context() {
  cat .clang-tidy CMakeLists.txt
  our_files '*.h' | xargs cat
  find proto -name '*.proto' | LC_ALL=C sort | xargs cat
}

# Our files that are compiled, as build/asan has it, but for the tests: two
# compilers and the sanitizers see those, and they would double the time.
tidied_files() {
  sed -n "s|^ *\"file\": \"$PWD/\(.*\)\".*|\1|p" \
    build/asan/compile_commands.json | grep -vE '^(build|tests)/' |
    LC_ALL=C sort -u
}

# tidy_stale CONTEXT_HASH: a file and its stamp a line, for those without one.
tidy_stale() {
  local file stamp
  while read -r file; do
    stamp=build/tidy/$({ echo "$1" && cat "$file"; } | sha256sum | cut -c -64)
    [[ -e $stamp ]] || echo "$file $stamp"
  done < <(tidied_files)
}

# tidy FILE STAMP
tidy() {
  clang-tidy --quiet -p build/asan "$1" \
    2> >(grep -vE '^[0-9]+ warnings? generated' >&2) && touch "$2"
}

# shellcheck disable=SC2016 # $0 and $1 are the inner shell's
check_tidy() {
  mkdir -p build/tidy build/logs
  export -f tidy
  generate_headers >build/logs/tidy.generate &&
    tidy_stale "$(tidy_context | sha256sum)" |
    xargs -r -P "$(nproc)" -L 1 bash -c 'tidy "$0" "$1"'
}
