#!/usr/bin/env bash
# Kills the gateway again and again under load and compares what it kept with what it had acknowledged.
#   tests/faults/run.sh [cycles] [seed]     default 1000 cycles; the seed of a failing run repeats its choices
# Needs the dev build (build/dev/hjemport), or HJEMPORT_BINARY naming a program built with HJEMPORT_FAULT_POINTS.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
export HJEMPORT_BINARY=${HJEMPORT_BINARY:-$root/build/dev/hjemport} HJEMPORT_ROOT=$root PYTHONPATH=$root/tests/e2e
exec python3 -B kill_cycles.py "${1:-1000}" ${2:+"$2"}
