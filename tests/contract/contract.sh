#!/usr/bin/env bash
# Checks the contract for users of other languages: `dotnet build -c Release` first, then tests/contract/contract.sh
#
# Lint, and no change that breaks clients since tests/contract/baseline.binpb, with buf (npm); the stubs of Python and
# C++ with Debian's compilers, and every call from Python beside a package `clip` of another origin.
# Exit code: 0 all checks are ok, 1 some are not, 77 skipped because nothing of it can be had.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/interop/packages.sh
source "$root/tests/interop/packages.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
passed=0
calls_failed=0

# check NAME COMMAND...: one line for the command's exit code, with its output where it fails.
check() {
    local name=$1
    shift
    if "$@" >"$work/output" 2>&1; then
        echo "ok - $name"
        passed=$((passed + 1))
    else
        sed 's/^/# /' "$work/output"
        echo "not ok - $name"
        failed=$((failed + 1))
    fi
}

find_buf() {
    command -v buf && return
    command -v npm >/dev/null || return 1
    npm install --silent --no-fund --no-audit --prefix "$work" @bufbuild/buf@1.75.0 >/dev/null 2>&1 || return 1
    echo "$work/node_modules/.bin/buf"
}

cd "$root/protos" || exit 1
if buf=$(find_buf); then
    check "contract: buf lint" "$buf" lint
    check "contract: buf build" "$buf" build -o "$work/now.binpb"
    check "contract: nothing that breaks clients since the baseline" "$buf" breaking \
        --against "$root/tests/contract/baseline.binpb"
else
    echo "# contract: no buf here, and none can be installed"
fi

# google/protobuf/any.proto comes with Debian's development package.
has_protoc() {
    command -v protoc >/dev/null && command -v grpc_python_plugin >/dev/null \
        && printf 'syntax = "proto3"; import "google/protobuf/any.proto";' >"$work/any.proto" \
        && protoc -I "$work" --descriptor_set_out=/dev/null "$work/any.proto" 2>/dev/null
}
has_protoc || install_packages protobuf-compiler libprotobuf-dev protobuf-compiler-grpc || true
if has_protoc; then
    mkdir -p "$work/python" "$work/cpp"
    check "contract: protoc for C++" protoc -I . --cpp_out="$work/cpp" --grpc_out="$work/cpp" \
        --plugin=protoc-gen-grpc="$(command -v grpc_cpp_plugin)" clipgrpc/v1/clip.proto google/rpc/*.proto
    check "contract: protoc for Python" protoc -I . --python_out="$work/python" --grpc_out="$work/python" \
        --plugin=protoc-gen-grpc="$(command -v grpc_python_plugin)" clipgrpc/v1/clip.proto google/rpc/*.proto

    # OpenAI's package has this name; our stubs must not need it.
    mkdir "$work/python/clip"
    echo 'raise ImportError("this is the package of somebody else")' >"$work/python/clip/__init__.py"
    if (require_python contract "grpc, google.protobuf, numpy, PIL" \
        python3 python3-grpcio python3-protobuf python3-numpy python3-pil); then
        PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$work/python:$root/tests/interop" \
            "$python" "$root/tests/contract/every_call.py" --root "$root" >"$work/calls" || calls_failed=1
        cat "$work/calls"
        passed=$((passed + $(grep -c '^ok - ' "$work/calls")))
        failed=$((failed + $(grep -c '^not ok - ' "$work/calls")))
        if [ "$calls_failed" = 1 ] && [ "$failed" -eq 0 ]; then
            failed=1
        fi
    fi
else
    echo "# contract: no protoc here, and none can be installed"
fi

if [ "$passed" -eq 0 ] && [ "$failed" -eq 0 ]; then
    echo "skip - contract: neither buf nor protoc can be had"
    exit 77
fi
[ "$failed" -eq 0 ]
