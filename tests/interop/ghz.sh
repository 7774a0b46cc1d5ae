#!/usr/bin/env bash
# Runs every configuration of loadtest/ghz with ghz, for some seconds: `dotnet build -c Release` first, then
# tests/interop/ghz.sh
#
# Needs ghz on the PATH and Python 3.
# Exit code: 0 all checks are ok, 1 some are not, 77 skipped because ghz or Python is missing.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
for program in ghz python3; do
    command -v "$program" >/dev/null || {
        echo "skip - ghz: there is no $program"
        exit 77
    }
done

PYTHONDONTWRITEBYTECODE=1 exec python3 "$root/tests/interop/ghz.py" --root "$root"
