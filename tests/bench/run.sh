#!/usr/bin/env bash
# Measures the figures of docs/performance.md: builds the bench preset and runs tests/bench/run.py. On an otherwise idle machine,
# about ten minutes and 12 GB of disk for the full run; `--rows 1000000 --seconds 3 --repeat 3` for a quick one.
set -euo pipefail
cd "$(dirname "$0")/../.."
cmake --preset bench > /dev/null
cmake --build --preset bench -j2 --target hjemport load store_bench decode_bench > /dev/null
build/bench/tests/bench/decode_bench
exec python3 tests/bench/run.py --build build/bench "$@"
