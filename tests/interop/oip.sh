#!/usr/bin/env bash
# Checks the Open Inference Protocol with the tools of Triton: `dotnet build -c Release` first, then
# tests/interop/oip.sh
#
# Needs tritonclient for Python (TRITON_PYTHON names an interpreter that has it; otherwise it is installed from the
# package index, if that can be reached), or perf_analyzer on the PATH; what is missing is left out.
# Exit code: 0 all checks are ok, 1 some are not, 77 skipped because neither can be had.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

has_client() {
    "$1" -c 'import tritonclient.grpc, tritonclient.http' 2>/dev/null
}

python=${TRITON_PYTHON:-python3}
if ! has_client "$python"; then
    if python3 -m venv "$work/venv" >/dev/null 2>&1 \
        && "$work/venv/bin/pip" install --quiet --retries 0 'tritonclient[grpc,http]==2.73.0' >/dev/null 2>&1; then
        python=$work/venv/bin/python
    else
        echo "# oip: no tritonclient here, and it cannot be installed"
        command -v perf_analyzer >/dev/null || {
            echo "skip - oip: neither tritonclient nor perf_analyzer can be had"
            exit 77
        }
    fi
fi

command -v "$python" >/dev/null || {
    echo "skip - oip: no Python"
    exit 77
}
PYTHONDONTWRITEBYTECODE=1 "$python" "$root/tests/interop/oip.py" --root "$root"
