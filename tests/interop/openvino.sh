#!/usr/bin/env bash
# Prints the path of OpenVINO's plug-in execution provider, for the tests that need it; says on the standard error
# stream why there is none. From CLIPGRPC_OPENVINO_PLUGIN, a folder of real tools beside the repository
# (CLIPGRPC_REAL_TOOLS), or PyPI with pip. Usage: openvino.sh DIR, where DIR is where it may be unpacked.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
target=$1
tools=${CLIPGRPC_REAL_TOOLS:-$root/../shared/real}
package=onnxruntime-ep-openvino==1.8.1

if [ -n "${CLIPGRPC_OPENVINO_PLUGIN:-}" ]; then
    echo "$CLIPGRPC_OPENVINO_PLUGIN"
    exit 0
fi
if [ -x "$tools/install.sh" ] || [ -f "$tools/install.sh" ]; then
    sh "$tools/install.sh" "$target" openvino >/dev/null 2>&1
elif python3 -m pip --version >/dev/null 2>&1 \
    && timeout 120 python3 -m pip download -q --no-deps --only-binary :all: -d "$target" "$package" >/dev/null 2>&1; then
    python3 -m zipfile -e "$target"/onnxruntime_ep_openvino-*.whl "$target"
fi
library=$(find "$target" -name libonnxruntime_providers_openvino_plugin.so | head -n 1)
if [ -z "$library" ]; then
    echo "skip - plug-in providers: neither CLIPGRPC_REAL_TOOLS nor PyPI has $package" >&2
    exit 77
fi
echo "$library"
