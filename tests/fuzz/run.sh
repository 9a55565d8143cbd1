#!/usr/bin/env bash
# Builds the libFuzzer targets with AddressSanitizer and UndefinedBehaviorSanitizer and runs each for a while.
#   tests/fuzz/run.sh [seconds-per-target]      default 60
# Ends with 1 when a target found something; the input is then in build/asan/findings and belongs into tests/fuzz/corpus.
set -euo pipefail
seconds=${1:-60}
cd "$(dirname "$0")/../.."

cmake --preset asan >/dev/null
cmake --build --preset asan --target fuzz_targets -j "$(nproc)"

findings=$PWD/build/asan/findings
mkdir -p "$findings"
status=0
for source in tests/fuzz/*_fuzz.cpp; do
  target=$(basename "$source" .cpp)
  name=${target%_fuzz}
  seeds=(tests/fuzz/corpus/"$name")
  [ -d tests/golden/"$name" ] && seeds+=(tests/golden/"$name")
  grown=build/asan/corpus/$name # what earlier runs found worth keeping
  mkdir -p "$grown"
  echo "== $target, $seconds s"
  log=$findings/$name.log
  if build/asan/tests/fuzz/"$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1500 -print_final_stats=1 \
    -artifact_prefix="$findings/$name-" "$grown" "${seeds[@]}" >"$log" 2>&1; then
    tail -n 6 "$log"
  else
    tail -n 60 "$log"
    status=1
  fi
done
exit $status
