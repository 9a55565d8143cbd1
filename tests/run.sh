#!/usr/bin/env bash
# Sets up, builds and runs every test; ends with CTest's summary over all builds.
#   tests/run.sh [build...]     only these builds: release asan tsan gcc, default all of them; tsan-units gcc-units are the gateway's
#                               unit tests once more, which take as long to build as all of release
# What each build is for, what it runs and how long it takes: docs/testing.md.
set -euo pipefail
cd "$(dirname "$0")/.."
exec </dev/null

deploy/setup.sh --tests
[ tests/counterparts/node_modules -nt tests/counterparts/package-lock.json ] || {
  npm ci --prefix tests/counterparts --no-audit --no-fund && touch tests/counterparts/node_modules
}

builds=("$@")
[ "${#builds[@]}" -gt 0 ] || builds=(release asan tsan gcc)
# A unit that includes Beast needs about 1.5 GB to compile.
jobs=$(awk -v cores="$(nproc)" '/^MemAvailable/ { fit = int($2 / 1500000); print fit < 1 ? 1 : fit < cores ? fit : cores }' /proc/meminfo)

build() { # PRESET [TARGET...]
  local preset=$1 started=$SECONDS fatal=${HJEMPORT_WERROR:-OFF}
  [ "$preset" != gcc ] || fatal=OFF  # a second compiler is for errors; its further warnings are read, not fatal
  shift
  cmake --preset "$preset" -DHJEMPORT_TESTS=ON -DHJEMPORT_WERROR="$fatal"
  cmake --build --preset "$preset" -j "$jobs" ${1:+--target "$@"}
  echo "built $preset in $((SECONDS - started)) s"
}

plan=()
for preset in "${builds[@]}"; do
  case "$preset" in
    release) build release hjemport store_faults; plan+=(release '^(e2e\.|store_faults$)') ;;
    asan) build asan; plan+=(asan '') ;;
    tsan) build tsan hjemport; plan+=(tsan '^e2e\.(main_way|stream|under_load|delivery|quarantine|placing|web_socket|mllp|reload)$') ;;
    tsan-units) build tsan gateway_tests; plan+=(tsan '^gateway$') ;;
    gcc) build gcc hjemport fhir_tests adapters_tests thresholds_tests; plan+=(gcc '^(fhir|adapters|thresholds)$') ;;
    gcc-units) build gcc gateway_tests; plan+=(gcc '^gateway$') ;;
    *) echo "run.sh: no build '$preset'" >&2; exit 64 ;;
  esac
done

# CTest knows one build tree at a time; the plan makes one list of all, so that one summary counts everything.
tests/support/all_builds.py build/all "${plan[@]}"
PATH=/usr/lib/llvm-16/bin:$PATH # sanitizers look here for the symbolizer
ctest --test-dir build/all --output-on-failure --no-tests=error -j "$(nproc)"
