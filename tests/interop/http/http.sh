#!/usr/bin/env bash
# Checks the interfaces over HTTP with their clients for JavaScript, and the OpenAPI document with Redocly:
# `dotnet build -c Release` first, then tests/interop/http/http.sh
#
# Needs node and npm. Exit code: 0 all checks are ok, 1 some are not, 77 skipped because the packages cannot be had.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
work=$(mktemp -d)
server=
finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT

cp "$here/package.json" "$here/package-lock.json" "$here/clients.mjs" "$work"
if ! (cd "$work" && npm ci --silent --no-audit --no-fund) >"$work/npm.log" 2>&1; then
    tail -n 5 "$work/npm.log" | sed 's/^/# /'
    echo "skipped - the packages of tests/interop/http cannot be had from npm"
    exit 77
fi

: >"$work/server.log"
dotnet "$root/src/ClipServer/bin/Release/net10.0/ClipServer.dll" --grpc-port 0 --http-port 0 >"$work/server.log" 2>&1 &
server=$!
for _ in $(seq 300); do
    grpc=$(sed -n 's|.*gRPC  \(http://[^ ]*\).*|\1|p' "$work/server.log")
    http=$(sed -n 's|.*HTTP  \(http://[^ ]*\).*|\1|p' "$work/server.log")
    [ -n "$http" ] && curl -sf "$http/readyz" >/dev/null && break
    sleep 0.2
done

image="$root/samples/guitar.png"
dotnet "$root/src/ClipCli/bin/Release/net10.0/clip.dll" embed "$image" --text "a red bicycle" --text "a dog" --json \
    --server "$grpc" >"$work/vectors" || exit 1
node "$work/clients.mjs" "$http" "$work/vectors" "$image" \
    "$root/tests/contract/baseline.binpb"
failed=$?

curl -sf "$http/openapi/v1.json" >"$work/openapi.json"
if (cd "$work" && npx redocly lint openapi.json) >"$work/redocly.log" 2>&1; then
    echo "ok - redocly"
else
    sed 's/^/# /' "$work/redocly.log"
    echo "not ok - redocly"
    failed=1
fi
exit "$failed"
