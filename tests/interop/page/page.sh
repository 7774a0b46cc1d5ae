#!/usr/bin/env bash
# Checks the page in Chromium, with axe for its accessibility: `dotnet build -c Release` first, then
# tests/interop/page/page.sh. SCREENSHOTS names a folder that keeps the screenshots.
#
# Needs node, npm and Chromium, which it installs where it may; CHROMIUM names another browser of its kind.
# Exit code: 0 all checks are ok, 1 some are not, 77 skipped because the packages cannot be had.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
# shellcheck source=tests/interop/packages.sh
source "$root/tests/interop/packages.sh"
work=$(mktemp -d)
servers=()
finish() {
    [ "${#servers[@]}" -eq 0 ] || kill "${servers[@]}" 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT

find_chromium() {
    command -v "${CHROMIUM:-chromium}" || command -v chromium-browser || command -v google-chrome
}
find_chromium >/dev/null || install_packages chromium fonts-dejavu-core || true
if ! CHROMIUM=$(find_chromium); then
    echo "skip - page: there is no chromium, and it cannot be installed here"
    exit 77
fi
export CHROMIUM

cp "$here/package.json" "$here/package-lock.json" "$here/page.mjs" "$here/search.mjs" "$work"
if ! (cd "$work" && npm ci --silent --no-audit --no-fund) >"$work/npm.log" 2>&1; then
    tail -n 5 "$work/npm.log" | sed 's/^/# /'
    echo "skip - page: the packages of tests/interop/page cannot be had from npm"
    exit 77
fi

# Starts a server with the options after its name, and sets $http and $grpc to its addresses.
start() {
    local log="$work/$1.log"
    shift
    : >"$log"
    dotnet "$root/src/ClipServer/bin/Release/net10.0/ClipServer.dll" --grpc-port 0 --http-port 0 "$@" >"$log" 2>&1 &
    servers+=($!)
    for _ in $(seq 300); do
        http=$(sed -n 's|.*HTTP  \(http://[^ ]*\).*|\1|p' "$log")
        grpc=$(sed -n 's|.*gRPC  \(http://[^ ]*\).*|\1|p' "$log")
        [ -n "$http" ] && curl -sf "$http/readyz" >/dev/null && return
        sleep 0.2
    done
    sed 's/^/# /' "$log"
    echo "not ok - page: the server starts"
    exit 1
}

printf 'key-of-the-page' >"$work/key"
echo "page: sha256:$(sha256sum <"$work/key" | cut -d ' ' -f 1) roles=infer" >"$work/keys"
chmod 600 "$work/keys"
start open
open=$http
open_grpc=$grpc
start protected --api-keys "$work/keys"
screenshots=${SCREENSHOTS:-$work/screenshots}
mkdir -p "$screenshots"
failed=0
node "$work/page.mjs" "$open" "$http" "$work/key" "$root/samples" "$screenshots" || failed=1

# The page that the command writes.
if dotnet "$root/src/ClipCli/bin/Release/net10.0/clip.dll" search "$root/samples" --image "$root/samples/dog.png" \
    --server "$open_grpc" --index "$work/index" --html "$work/search.html" >"$work/search.log" 2>&1; then
    node "$work/search.mjs" "$work/search.html" "$screenshots" || failed=1
else
    sed 's/^/# /' "$work/search.log"
    echo "not ok - page: clip search writes a page"
    failed=1
fi
exit "$failed"
