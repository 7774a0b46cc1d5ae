#!/usr/bin/env bash
# Checks the built server with a client in Python: `dotnet build -c Release` first, then tests/interop/interop.sh
#
# Needs Debian's python3-grpcio, python3-protobuf, python3-numpy and python3-pil, and installs them where it may.
# Exit code: 0 all checks are ok, 1 some are not, 77 skipped because the packages cannot be had.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
python=${PYTHON:-/usr/bin/python3}
packages=(python3 python3-grpcio python3-protobuf python3-numpy python3-pil)

has_modules() {
    [ -x "$python" ] && "$python" -c 'import grpc, google.protobuf, numpy, PIL' 2>/dev/null
}

install_packages() {
    command -v apt-get >/dev/null || return 1
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2>/dev/null || return 1
        as_root=(sudo -n)
    fi
    "${as_root[@]}" apt-get update -qq || return 1
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "${packages[@]}" >/dev/null
}

if ! has_modules; then
    echo "# Installing ${packages[*]}"
    install_packages || true
fi
if ! has_modules; then
    echo "skip - interop: $python lacks grpc, protobuf, numpy or PIL, and ${packages[*]} cannot be installed here"
    exit 77
fi

PYTHONDONTWRITEBYTECODE=1 exec "$python" "$root/tests/interop/interop.py" --root "$root"
