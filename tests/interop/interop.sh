#!/usr/bin/env bash
# Checks the built server with a client in Python: `dotnet build -c Release` first, then tests/interop/interop.sh
#
# Needs Debian's python3-grpcio, python3-protobuf, python3-numpy and python3-pil, and installs them where it may.
# Exit code: 0 all checks are ok, 1 some are not, 77 skipped because the packages cannot be had.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/interop/packages.sh
source "$root/tests/interop/packages.sh"
require_python interop "grpc, google.protobuf, numpy, PIL" \
    python3 python3-grpcio python3-protobuf python3-numpy python3-pil

PYTHONDONTWRITEBYTECODE=1 exec "$python" "$root/tests/interop/interop.py" --root "$root"
