#!/usr/bin/env bash
# Compares image preprocessing with Pillow: `dotnet build -c Release` first, then tests/interop/images.sh [OPTIONS]
#
# OPTIONS go to image_parity.py: --mutations 10000 damages more files than the 2,000 of a run without.
# Needs Debian's python3-numpy and python3-pil, and installs them where it may.
# Exit code: 0 all checks are ok, 1 some are not, 77 skipped because the packages cannot be had.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/interop/packages.sh
source "$root/tests/interop/packages.sh"
require_python images "numpy, PIL" python3 python3-numpy python3-pil

PYTHONDONTWRITEBYTECODE=1 exec "$python" "$root/tests/interop/image_parity.py" \
    --loadtest "$root/loadtest/bin/Release/net10.0/loadtest.dll" "$@"
