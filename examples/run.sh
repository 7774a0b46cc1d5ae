#!/usr/bin/env bash
# Runs the built examples against the built server and checks what they print: `dotnet build -c Release` first, then
# examples/run.sh. Prints `ok - NAME` or `not ok - NAME` for each check; the exit code is 0 only when all are ok.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

readonly start_seconds=120 stop_seconds=60 example_seconds=120 total_seconds=900
logs=$(mktemp -d)
pids=()
not_ok=0

# `timeout` makes a process group of its own, which holds the programs below `dotnet run` too.
finish() {
    local pid
    for pid in "${pids[@]}"; do
        kill -KILL -- "-$pid" 2>/dev/null
    done
    rm -rf "$logs"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

# check NAME LOG COMMAND...: ok where the command succeeds; otherwise shows the log too.
check() {
    local name=$1 log=$2
    shift 2
    if "$@"; then
        echo "ok - $name"
        return 0
    fi
    echo "not ok - $name"
    awk '{ print "# " $0 }' "$log"
    not_ok=$((not_ok + 1))
    return 1
}

# run LOG PROJECT [ARGUMENT...]: runs a program to its end.
run() {
    local log=$1 project=$2
    shift 2
    timeout -k 5 "$example_seconds" dotnet run -c Release --no-build --project "$project" -- "$@" >"$log" 2>&1
}

# start LOG PROJECT [ARGUMENT...]: starts a program in the background; $! is its process.
start() {
    local log=$1 project=$2
    shift 2
    timeout -k "$stop_seconds" "$total_seconds" dotnet run -c Release --no-build --project "$project" -- "$@" \
        </dev/null >"$log" 2>&1 &
    pids+=("$!")
}

# stop PID: asks a program to stop; its exit code.
stop() {
    kill -TERM "$1" 2>/dev/null
    wait "$1"
}

# wait_until PID COMMAND...: repeats the command until it succeeds; fails where the program ends or takes too long.
wait_until() {
    local pid=$1 deadline=$((SECONDS + start_seconds))
    shift
    until "$@"; do
        kill -0 "$pid" 2>/dev/null && [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.2
    done
}

# address LOG LABEL: the address that a program printed after the label; fails where there is none yet.
address() {
    sed -nE "s|^ *$2 +(http://[^ ]+).*|\1|p" "$1" | grep .
}

listens() {
    address "$@" >/dev/null
}

# http ADDRESS METHOD PATH [BODY_FILE]: prints the response. Bash alone, because curl is not everywhere; HTTP/1.0, so
# that the body is not chunked and the connection ends after it.
http() {
    local host=${1#http://} body=${4:-/dev/null}
    (
        exec 3<>"/dev/tcp/${host%:*}/${host##*:}" || exit 1
        printf '%s %s HTTP/1.0\r\nHost: %s\r\nContent-Length: %d\r\n\r\n' "$2" "$3" "$host" "$(wc -c <"$body")" >&3
        cat "$body" >&3
        timeout "$example_seconds" cat <&3
    ) 2>&1
}

# responds STATUS BODY_START ADDRESS METHOD PATH [BODY_FILE]: whether the response is as expected; logs it.
responds() {
    local status=$1 body_start=$2
    shift 2
    http "$@" | tr -d '\r' >"$logs/response"
    [ "$(sed -n '1s/^HTTP[^ ]* \([0-9]*\).*/\1/p' "$logs/response")" = "$status" ] || return 1
    [[ $(sed '1,/^$/d' "$logs/response") == "$body_start"* ]]
}

# finds_samples LOG PROJECT: runs a program that prints for some texts the images that it finds.
finds_samples() {
    local text image
    run "$1" "$2" || return 1
    while IFS=: read -r text image; do
        grep -A 1 -x "$text" "$1" | grep -q " $image\$" || return 1
    done <<'END'
a sunflower:sunflower.png
a red umbrella:umbrella.png
a slice of pizza:pizza.webp
a guitar:guitar.png
END
}

video_frames_generated() {
    run "$logs/video" examples/VideoFrames </dev/null || return 1
    [ "$(wc -l <"$logs/video")" -eq 20 ] || return 1
    [[ $(head -n 1 "$logs/video") == "0.00 s  sun "* && $(tail -n 1 "$logs/video") == "0.76 s  apple "* ]]
}

# Three black frames.
video_frames_piped() {
    head -c $((64 * 48 * 3 * 3)) /dev/zero | run "$logs/video" examples/VideoFrames 64 48 || return 1
    [ "$(grep -cE '^0\.0[048] s  [a-z]+ [0-9]+ %$' "$logs/video")" -eq 3 ]
}

# Two seconds of a red square on white, 10 frames per second, of which ffmpeg makes 25.
video_frames_decoded() {
    ffmpeg -v error -nostdin -y -f lavfi -i color=c=white:s=96x96:r=10:d=2 \
        -vf drawbox=x=20:y=20:w=56:h=56:c=red:t=fill "$logs/video.mkv" >"$logs/video" 2>&1 || return 1
    run "$logs/video" examples/VideoFrames "$logs/video.mkv" || return 1
    [ "$(grep -cE '^[01]\.[0-9]{2} s  apple [0-9]+ %$' "$logs/video")" -eq 50 ]
}

video_frames_without_video() {
    ffmpeg -v error -nostdin -y -f lavfi -i sine=d=1 "$logs/sound.wav" >"$logs/video" 2>&1 || return 1
    run "$logs/video" examples/VideoFrames "$logs/sound.wav"
    [ $? -eq 1 ] && grep -q 'sound.wav has no video track\.$' "$logs/video"
}

# Half a frame.
video_frames_cut_off() {
    head -c $((64 * 48)) /dev/zero | run "$logs/video" examples/VideoFrames 64 48
    [ $? -eq 1 ] && grep -q '^Frame 0 has 3072 bytes instead of 9216\.$' "$logs/video"
}

start "$logs/server" src/ClipServer --model demo --grpc-port 0 --http-port 0
server=$!
check "server: starts" "$logs/server" wait_until "$server" listens "$logs/server" HTTP || exit 1
CLIP_SERVER=$(address "$logs/server" gRPC)
export CLIP_SERVER
http_address=$(address "$logs/server" HTTP)
check "server: is ready" "$logs/server" wait_until "$server" responds 200 "" "$http_address" GET /readyz || exit 1

check "Testing: tests a class without a server" "$logs/testing" run "$logs/testing" examples/Testing
check "VectorSearch: finds the samples" "$logs/search" finds_samples "$logs/search" examples/VectorSearch
check "ConsoleClient: ranks the samples" "$logs/console" finds_samples "$logs/console" examples/ConsoleClient
check "VideoFrames: classifies generated frames" "$logs/video" video_frames_generated
check "VideoFrames: classifies frames from standard input" "$logs/video" video_frames_piped
check "VideoFrames: reports a frame that is cut off" "$logs/video" video_frames_cut_off
if command -v ffmpeg >/dev/null; then
    check "VideoFrames: decodes a video with ffmpeg" "$logs/video" video_frames_decoded
    check "VideoFrames: reports a file without a video" "$logs/video" video_frames_without_video
else
    echo "skip - VideoFrames: there is no ffmpeg to decode a video"
fi

start "$logs/web" examples/AspNetCore --urls http://127.0.0.1:0
web=$!
if check "AspNetCore: starts" "$logs/web" wait_until "$web" listens "$logs/web" "Now listening on:"; then
    web_address=$(address "$logs/web" "Now listening on:")
    check "AspNetCore: classifies an image" "$logs/response" \
        responds 200 '[{"label":"dog",' "$web_address" POST "/labels?label=pizza&label=dog" samples/dog.png
    check "AspNetCore: finds an image by text" "$logs/response" \
        responds 200 '[{"image":"umbrella.png",' "$web_address" GET "/search?text=a+red+umbrella"
    check "AspNetCore: refuses a body that is not an image" "$logs/response" \
        responds 400 '{"type":' "$web_address" POST "/labels?label=dog" samples/README.md
    check "AspNetCore: stops" "$logs/web" stop "$web"
fi
check "server: stops" "$logs/server" stop "$server"

[ "$not_ok" -eq 0 ]
