#!/usr/bin/env bash
# The compiler behind ccache, named by CMakeLists.txt as launcher. A precompiled header holds absolute paths, so it is made without the
# cache; ccache knows it by what went into it (NAME.sum, CCACHE_PCH_EXTSUM), so that every checkout of the same text shares the rest.
set -euo pipefail
case " $* " in
  *" c++-header "*) ;;
  *) exec ccache "$@" ;;
esac
"$@"
preprocess=()
made=
while [ $# -gt 0 ]; do
  case $1 in
    -o) made=$2 && shift ;;
    -MF | -MT | -MQ) shift ;;
    -Xclang) if [ "$2" = -emit-pch ]; then shift; else preprocess+=("$1"); fi ;;
    -MD | -MMD | -c) ;;
    *) preprocess+=("$1") ;;
  esac
  shift
done
"${preprocess[@]}" -E -P | sha256sum >"$made.sum"
