#!/usr/bin/env bash
# Installs what is missing to build and run Hjemport on Debian 12. Asks nothing; does nothing when all is there.
#   deploy/setup.sh            what the product needs
#   deploy/setup.sh --tests    and what its tests need
set -euo pipefail

packages=(
  clang-16 lld-16 cmake ninja-build ccache
  libboost1.81-dev libboost-url1.81-dev rapidjson-dev libssl-dev libcurl4-openssl-dev libsqlite3-dev zlib1g-dev libexpat1-dev
  libyaml-cpp-dev libpugixml-dev libspdlog-dev prometheus-cpp-dev libhowardhinnant-date-dev libcli11-dev
  tzdata ca-certificates curl
)
test_packages=(
  g++ libclang-rt-16-dev llvm-16 # a second compiler; sanitizers, and symbols in their reports
  catch2 python3 git
  mosquitto mosquitto-clients # a broker for the MQTT subscriber, run by its tests
)

# Programs that are not ours and read what the gateway serves (tests/counterparts). A node that is there already is as good.
command -v npm >/dev/null || test_packages+=(nodejs npm)

case "${1:-}" in
  '') ;;
  --tests) packages+=("${test_packages[@]}") ;;
  *) sed -n '2,4s/^# //p' "$0" >&2; exit 64 ;;
esac

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null || true)
  [ "$status" = "ii " ] || missing+=("$package")
done
[ "${#missing[@]}" -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "setup.sh: needs root or sudo to install: ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
  [ -t 0 ] || as_root+=(-n) # without a terminal nobody can type a password
fi

echo "installing: ${missing[*]}"
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q
  -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
"${apt[@]}" update </dev/null
"${apt[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null
