#!/usr/bin/env bash
# Writes the generated code of clients/: `clients/generate.sh [python|go|typescript]... [--into FOLDER]`
#
# Needs, for Python: Debian's protobuf-compiler, libprotobuf-dev, protobuf-compiler-grpc; for Go: those, protoc-gen-go-1-5
# and protoc-gen-go-grpc; for TypeScript: `npm ci` in clients/typescript. CI holds the checked-in code equal to this.
set -euo pipefail

clients=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
protos=$clients/../protos
into=$clients
languages=()
while [ $# -gt 0 ]; do
    case $1 in
    --into)
        into=$2
        shift
        ;;
    *) languages+=("$1") ;;
    esac
    shift
done
[ ${#languages[@]} -gt 0 ] || languages=(python go typescript)

# The package must not own `google.rpc`, which googleapis-common-protos has: clipgrpc.google_rpc chooses between the two.
python() {
    local work
    work=$(mktemp -d)
    protoc -I "$protos" --python_out="$work" --pyi_out="$work" --grpc_out="$work" \
        --plugin=protoc-gen-grpc="$(command -v grpc_python_plugin)" clipgrpc/v1/clip.proto
    protoc -I "$protos" --python_out="$work" --pyi_out="$work" google/rpc/status.proto google/rpc/error_details.proto
    sed -i 's/^from google\.rpc import /from clipgrpc.google_rpc import /' "$work"/clipgrpc/v1/*.py*
    mkdir -p "$into/python/clipgrpc/v1" "$into/python/clipgrpc/google_rpc"
    cp "$work"/clipgrpc/v1/* "$into/python/clipgrpc/v1"
    cp "$work"/google/rpc/* "$into/python/clipgrpc/google_rpc"
    rm -r "$work"
}

go() {
    local module=github.com/clipgrpc/clipgrpc/clients/go
    mkdir -p "$into/go"
    protoc -I "$protos" --go_out="$into/go" --go_opt=module=$module \
        --go-grpc_out="$into/go" --go-grpc_opt=module=$module clipgrpc/v1/clip.proto
}

typescript() {
    mkdir -p "$into/typescript/gen"
    PATH=$clients/typescript/node_modules/.bin:$PATH protoc -I "$protos" --es_out="$into/typescript/gen" \
        --es_opt=target=ts,import_extension=js clipgrpc/v1/clip.proto google/rpc/status.proto google/rpc/error_details.proto
}

for language in "${languages[@]}"; do
    "$language"
done
