#!/usr/bin/env bash
# Sets up, builds and runs the demo: synthetic patients, vendors and a receiving record system, all on loopback.
#   deploy/run.sh [arguments of "hjemport serve"]
# The program prints its address and curl lines to try; Ctrl-C stops it.
set -euo pipefail
cd "$(dirname "$0")/.."

deploy/setup.sh

# A unit that includes Beast needs about 1.5 GB to compile.
jobs=$(awk -v cores="$(nproc)" '/^MemAvailable/ { fit = int($2 / 1500000); print fit < 1 ? 1 : fit < cores ? fit : cores }' /proc/meminfo)
cmake --preset release
cmake --build --preset release -j "$jobs"

exec build/release/hjemport serve --demo "$@"
