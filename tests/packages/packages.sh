#!/usr/bin/env bash
# Packs the solution and uses the packages as strangers would: `dotnet build -c Release` first, then
# tests/packages/packages.sh. Fresh projects outside the repository restore the client's package and run against the
# built server with the demo model; the command is installed from its package. Prints `ok - NAME` or `not ok - NAME` for
# each check; the exit code is 0 only when all are ok, and 77 when packages cannot be restored here.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1

readonly version=9999.0.0-check start_seconds=120 run_seconds=300 total_seconds=3600
root=$PWD
work=$(mktemp -d)
feed=$work/feed
log=$work/log
server=
not_ok=0

finish() {
    [ -z "$server" ] || { kill -KILL -- "-$server"; wait "$server"; } 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

# check NAME COMMAND...: ok where the command succeeds; otherwise shows its output.
check() {
    local name=$1
    shift
    if "$@" >"$log" 2>&1; then
        echo "ok - $name"
        return 0
    fi
    echo "not ok - $name"
    tail -n 40 "$log" | awk '{ print "# " $0 }'
    not_ok=$((not_ok + 1))
    return 1
}

# pack: all packages of the solution, of the command those for this machine and the portable one.
pack() {
    dotnet pack ClipGrpc.sln -v q "-p:PackageOutputPath=$feed" "-p:Version=$version" "-p:ToolRuntimes=\"$rid;any\""
}

# feed_is_complete: each package that there should be, and no other.
feed_is_complete() {
    local name
    for name in ClipGrpc.Client ClipGrpc.Cli "ClipGrpc.Cli.$rid" ClipGrpc.Cli.any ClipGrpc.Cli.Windows \
        "ClipGrpc.Cli.Windows.$rid" ClipGrpc.Cli.Windows.any; do
        echo "$name.$version.nupkg"
    done | LC_ALL=C sort >"$work/expected"
    echo "ClipGrpc.Client.$version.snupkg" >>"$work/expected"
    (cd "$feed" && ls) | LC_ALL=C sort | diff <(LC_ALL=C sort "$work/expected") -
}

# Neither a server nor a runtime for models nor a model.
tool_is_small() {
    local package
    for package in "$feed"/ClipGrpc.Cli.*.nupkg; do
        if unzip -l "$package" | grep -E 'ClipServer|ClipGrpc\.Serving|libonnxruntime|SkiaSharp|safetensors|\.(pdb|xml)$' \
            | grep -v 'DotnetToolSettings\.xml\|Content_Types'; then
            return 1
        fi
    done
}

client_is_documented() {
    local entry package=$work/client
    unzip -q -o -d "$package" "$feed/ClipGrpc.Client.$version.nupkg" || return 1
    for entry in README.md icon.png protos/clipgrpc/v1/clip.proto \
        lib/{netstandard2.0,net8.0,net9.0,net10.0}/ClipGrpc.{Client,Protos,Imaging}.dll; do
        [ -s "$package/$entry" ] || { echo "no $entry"; return 1; }
    done
    head -n 3 "$package/README.md" | grep -x '    dotnet add package ClipGrpc.Client' || return 1
    # Packages name no folder of this machine.
    unzip -q -o -d "$work/symbols" "$feed/ClipGrpc.Client.$version.snupkg" || return 1
    ! grep -rlF "$root" "$work/symbols"
}

# project NAME SOURCE: a copy of a project, outside the repository and its settings.
project() {
    mkdir -p "$work/$1" && cp "tests/packages/$2"/* "$work/$1"
}

# in_project NAME DOTNET_COMMAND [ARGUMENT...]
in_project() {
    local name=$1
    shift
    (cd "$work/$name" && dotnet "$@" -c Release "-p:ClipGrpcVersion=$version" "-p:BclVersion=$bcl")
}

# says_what_it_should COMMAND...: runs a consumer and compares what it prints.
says_what_it_should() {
    timeout -k 5 "$run_seconds" "$@" "$address" "$root/samples/dog.png" >"$work/output" || return 1
    diff - "$work/output" <<'END'
label: dog
prepared: True
texts: 2 of demo
error: NotFound ModelNotFound
END
}

# consumer NAME FRAMEWORK [PROPERTY...]: builds and runs the console program.
consumer() {
    local name=$1 framework=$2
    shift 2
    project "$name" Consumer
    in_project "$name" build -v q "-p:Framework=$framework" "$@" \
        && DOTNET_ROLL_FORWARD=Major says_what_it_should dotnet "$work/$name/bin/Release/$framework/Consumer.dll"
}

# net_standard: runs it with the package's assemblies for .NET Standard 2.0 in place of those for .NET 10.
net_standard() {
    local bin=$work/NetStandard/bin/Release/net10.0
    project NetStandard Consumer
    in_project NetStandard build -v q -p:Framework=net10.0 -p:NetStandardClient=true \
        && unzip -q -o -j "$feed/ClipGrpc.Client.$version.nupkg" 'lib/netstandard2.0/*.dll' -d "$bin" \
        && says_what_it_should dotnet "$bin/Consumer.dll"
}

# published NAME PROPERTY...: publishes it for this machine, without warnings of trimming, and runs it.
published() {
    local name=$1
    shift
    project "$name" Consumer
    in_project "$name" publish -v q -r "$rid" -p:Framework=net10.0 -o "$work/$name/out" "$@" >"$work/publish" 2>&1 \
        || { cat "$work/publish"; return 1; }
    ! grep -E 'warning IL' "$work/publish" || return 1
    says_what_it_should "$work/$name/out/Consumer"
}

web() {
    project Web WebConsumer
    in_project Web build -v q || return 1
    timeout -k 5 "$run_seconds" dotnet "$work/Web/bin/Release/net10.0/WebConsumer.dll" "$address" >"$work/output" || return 1
    printf 'same\ndifferent\n' | diff - "$work/output"
}

# library: a library that was built with the assemblies for .NET Standard 2.0, in a program with those for .NET 10.
library() {
    project LibraryConsumer LibraryConsumer
    in_project LibraryConsumer build -v q \
        && consumer Library net10.0 "-p:Library=$work/LibraryConsumer/bin/Release/netstandard2.0/LibraryConsumer.dll"
}

# tool PACKAGE NAME: installs and runs the command.
tool() {
    dotnet tool install "$1" --version "$version" --tool-path "$work/tools/$2" --add-source "$feed" || return 1
    "$work/tools/$2/$2" --version | grep -F "$version" || return 1
    "$work/tools/$2/$2" --help >"$work/output" || return 1
    grep -q "^ *$2 " "$work/output" && grep -q "^  $2 classify " "$work/output" || { cat "$work/output"; return 1; }
    "$work/tools/$2/$2" classify samples/dog.png --labels dog,pizza --server "$address" >"$work/output" || return 1
    grep -q dog "$work/output"
}

# Milliseconds of the fastest of ten runs of `clip --help`.
startup() {
    local best=999999 begin time
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        begin=$(date +%s%N)
        "$work/tools/clip/clip" --help >/dev/null
        time=$((($(date +%s%N) - begin) / 1000000))
        [ "$time" -ge "$best" ] || best=$time
    done
    echo "$best"
}

listening() {
    address=$(sed -nE 's|^ *gRPC +(http://[^ ]+).*|\1|p' "$work/server" | grep .)
}

for program in unzip diff; do
    command -v "$program" >/dev/null || { echo "skipped: $program is not installed"; exit 77; }
done
rid=$(dotnet --info | sed -nE 's/^ *RID: *([^ ]+)$/\1/p')
bcl=$(sed -nE 's/.*"Microsoft.Bcl.TimeProvider" Version="([^"]+)".*/\1/p' Directory.Packages.props)

# Projects outside the repository: its packages from the folder, all others from the sources that are configured and
# from what was restored before. What they restore stays here.
cat >"$work/Directory.Build.props" <<END
<Project>
  <PropertyGroup>
    <RestoreAdditionalProjectSources>$feed</RestoreAdditionalProjectSources>
    <RestorePackagesPath>$work/packages</RestorePackagesPath>
    <RestoreFallbackFolders>$(dotnet nuget locals global-packages -l | sed 's/^global-packages: //')</RestoreFallbackFolders>
  </PropertyGroup>
</Project>
END

if ! pack >"$work/pack" 2>&1; then
    if grep -q 'error NU1101\|error NU1301\|error NETSDK1045' "$work/pack"; then
        echo "skipped: packages cannot be restored here"
        grep 'error ' "$work/pack" | sort -u | head -n 5 | awk '{ print "# " $0 }'
        exit 77
    fi
    check "packages: are packed" cat "$work/pack" "$work/none"
    exit 1
fi
echo "ok - packages: are packed"
check "packages: are all in one folder" feed_is_complete
check "packages: the client's has its assemblies, README, icon and contract" client_is_documented
check "packages: the command's have no server, runtime or model" tool_is_small

timeout -k 60 "$total_seconds" dotnet run -c Release --no-build --project src/ClipServer -- \
    --model demo --grpc-port 0 --http-port 0 </dev/null >"$work/server" 2>&1 &
server=$!
deadline=$((SECONDS + start_seconds))
until listening; do
    if ! kill -0 "$server" 2>/dev/null || [ "$SECONDS" -ge "$deadline" ]; then
        check "server: starts" cat "$work/server" "$work/none"
        exit 1
    fi
    sleep 0.2
done

check "client: in a console program" consumer Console net10.0
check "client: in a program for .NET 8" consumer Net8 net8.0
check "client: its assemblies for .NET Standard 2.0" net_standard
check "client: in a library for .NET Standard 2.0" library
check "client: in an ASP.NET Core application" web
check "client: trimmed and self-contained" published Trimmed -p:PublishTrimmed=true --self-contained
if command -v clang >/dev/null && [ -e /usr/include/zlib.h ]; then
    check "client: compiled ahead of time" published Aot -p:PublishAot=true
else
    echo "# skipped: Native AOT needs clang and the headers of zlib"
fi
if check "clip: is installed from its package" tool ClipGrpc.Cli clip; then
    echo "# clip --help: $(startup) ms; package: $(wc -c <"$feed/ClipGrpc.Cli.$rid.$version.nupkg") bytes for $rid," \
        "$(wc -c <"$feed/ClipGrpc.Cli.any.$version.nupkg") bytes portable"
fi
check "clipgrpc: is installed from its package" tool ClipGrpc.Cli.Windows clipgrpc

[ "$not_ok" -eq 0 ]
