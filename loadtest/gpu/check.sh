#!/usr/bin/env bash
# Checks and measures a device with a published load test; requires only the folder that contains this file. See
# README.md in the repository.
set -uo pipefail

usage() {
    cat <<'END'
Usage: check.sh [--provider cuda|cpu] [--precision P] [--models "PART ..."] [--measure "PART ..."]
                [--batches "N ..."] [--duration TIME] [--attention KERNEL] [--peak TFLOPS] [--graphs]
                [--app DIR] [--work DIR] [--out DIR]

  --provider    cuda, or cpu to test the script itself [cuda]
  --precision   fp16, fp32 or int8 (cpu only) [fp16]
  --models      models whose parity is checked, by parts of their names [all full-size models]
  --measure     models that are measured, by parts of their names [one of each architecture]
  --batches     batch sizes [1 8 32 128]
  --duration    of each measurement [5s]
  --attention   the accepted attention kernels, by ONNX Runtime's names, separated by |
                [fused ones for fp16 on cuda, otherwise any]
  --peak        TFLOPS of the device, dense float16 [by the GPU's name]
  --graphs      use CUDA graphs where they are faster
  --app         the published load test [this folder's parent]
  --work        folder for the synthetic weights, 2 GB [a temporary folder, which is removed]
  --out         folder for the numbers as JSON [./gpu-check]
END
}

provider=cuda precision=fp16 batches="1 8 32 128" duration=5s attention="" peak="" graphs=0
models="DataComp laion2B openai" measure="B-32-DataComp patch16 L-14" measure_given=0
app=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd) work="" out=gpu-check
while [ $# -gt 0 ]; do
    case "$1" in
        --graphs) graphs=1; shift; continue ;;
        -h | --help) usage; exit 0 ;;
    esac
    [ $# -ge 2 ] || { usage >&2; exit 2; }
    case "$1" in
        --provider) provider=$2 ;;
        --precision) precision=$2 ;;
        --models) models=$2; [ "$measure_given" = 1 ] || measure=$2 ;;
        --measure) measure=$2 measure_given=1 ;;
        --batches) batches=$2 ;;
        --duration) duration=$2 ;;
        --attention) attention=$2 ;;
        --peak) peak=$2 ;;
        --app) app=$2 ;;
        --work) work=$2 ;;
        --out) out=$2 ;;
        *) usage >&2; exit 2 ;;
    esac
    shift 2
done
case "$provider" in
    cuda) [ "$precision" != fp16 ] || : "${attention:=FLASH_ATTENTION|EFFICIENT_ATTENTION|TRT_FUSED_ATTENTION}" ;;
    cpu) ;;
    *) usage >&2; exit 2 ;;
esac

loadtest=$app/loadtest
[ -x "$loadtest" ] || { echo "check.sh: there is no $loadtest" >&2; exit 2; }
if [ -z "$work" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
fi
mkdir -p "$work" "$out"

# No machine of a check is asked for ICU, and weights that were converted stay with those that were made.
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
export CLIPGRPC_CACHE=$work/cache
read -ra batch_list <<<"$batches"
read -ra model_list <<<"$models"
device=(--device "$provider" --precision "$precision")
if [ "$graphs" = 1 ]; then
    device+=(--set Clip:Inference:CudaGraphs=true)
fi

failures=0
verdict() {
    printf '%s\n' "$1" >>"$out/verdicts"
    case "$1" in *NO*) failures=$((failures + 1)) ;; esac
}
: >"$out/verdicts"

echo "== parity"
if "$loadtest" parity --only "${model_list[@]}" --work "$work" "${device[@]}" --json "$out/parity.json"; then
    verdict "parity: yes"
else
    verdict "parity: NO"
fi

for part in $measure; do
    for folder in "$work"/*"$part"*/; do
        name=$(basename "$folder")
        [ -d "$folder" ] || { verdict "$part: NO such model was checked for parity"; continue; }

        echo "== $name: placement"
        if ORT_ENABLE_ATTENTION_KERNEL_DEBUG_INFO=1 "$loadtest" placement --model "$folder" "${device[@]}" \
            >"$out/$name.placement"; then
            verdict "$name, heavy nodes on $provider: yes"
        else
            verdict "$name, heavy nodes on $provider: NO"
        fi
        grep -Ev 'SdpaKernel=|AttentionKernelOptions|^flash=' "$out/$name.placement"
        if [ -n "$attention" ]; then
            kernels=$(grep -o 'SdpaKernel=[A-Z_]*' "$out/$name.placement" | sort | uniq -c)
            echo "$kernels"
            if [ -n "$kernels" ] && ! grep -Eqv "=($attention)\$" <<<"$kernels"; then
                verdict "$name, every attention fused: yes"
            else
                verdict "$name, every attention fused: NO"
            fi
        fi

        echo "== $name: images a second"
        "$loadtest" sweep --model "$folder" "${device[@]}" --batches "${batch_list[@]}" --duration "$duration" \
            ${peak:+--peak "$peak"} --json "$out/$name.sweep.json" || verdict "$name, measured: NO"
    done
done

echo "== verdicts"
cat "$out/verdicts"
[ "$failures" -eq 0 ]
