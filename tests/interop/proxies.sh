#!/usr/bin/env bash
# Checks the built server behind nginx and HAProxy: `dotnet build -c Release` first, then tests/interop/proxies.sh
#
# Needs Debian's nginx, haproxy, python3-grpcio, python3-protobuf, python3-numpy and python3-pil, and installs them where
# it may.
# Exit code: 0 all checks are ok, 1 some are not, 77 skipped because the packages cannot be had.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/interop/packages.sh
source "$root/tests/interop/packages.sh"
require_python proxies "grpc, google.protobuf, numpy, PIL" \
    python3 python3-grpcio python3-protobuf python3-numpy python3-pil
PATH=$PATH:/usr/sbin
for program in nginx haproxy; do
    command -v "$program" >/dev/null || install_packages "$program" || true
    if ! command -v "$program" >/dev/null; then
        echo "skip - proxies: there is no $program, and it cannot be installed here"
        exit 77
    fi
done

PYTHONDONTWRITEBYTECODE=1 exec "$python" "$root/tests/interop/proxies.py" --root "$root"
