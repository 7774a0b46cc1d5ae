#!/usr/bin/env bash
# Writes the request data of the ghz configurations from a folder of pictures: make-data.sh [PICTURES [OUT]]
#
# The pictures are samples/ unless said otherwise, the data goes to loadtest/ghz/data. Needs bash and coreutils only.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
pictures=${1:-$here/../../samples}
out=${2:-$here/data}
labels='["cat", "dog", "penguin", "apple", "pizza", "sunflower", "umbrella", "fire engine", "rocket", "guitar"]'

shopt -s nullglob nocaseglob
files=("$pictures"/*.{jpg,jpeg,png,webp})
if [ ${#files[@]} -eq 0 ]; then
    echo "$0: no JPEG, PNG or WebP in $pictures" >&2
    exit 1
fi

# One JSON array: the first message if there is one, then one message for each picture. %s stands for the picture,
# %d for its number.
write() {
    local name=$1 first=$2 format=$3 number=0 separator="" file
    {
        printf '['
        if [ -n "$first" ]; then
            printf '\n%s' "$first"
            separator=","
        fi
        for file in "${files[@]}"; do
            local message=${format//%d/$number}
            printf '%s\n%s' "$separator" "${message%%%s*}"
            base64 -w 0 "$file"
            printf '%s' "${message#*%s}"
            separator=","
            number=$((number + 1))
        done
        printf '\n]\n'
    } >"$out/$name.json"
}

mkdir -p "$out"
write embed "" '{"inputs": [{"image": {"encoded": "%s"}}]}'
write classify "" '{"images": [{"encoded": "%s"}], "label_set": {"labels": '"$labels"'}, "top_k": 5}'
write embed-stream '{"config": {"ordering": "ORDERING_COMPLETION"}}' \
    '{"id": "%d", "input": {"image": {"encoded": "%s"}}}'
write classify-stream \
    '{"config": {"label_set": {"labels": '"$labels"'}, "top_k": 5, "drop_policy": "DROP_POLICY_LATEST"}}' \
    '{"frame": {"frame_id": "%d", "image": {"encoded": "%s"}}}'
echo "Wrote requests for ${#files[@]} pictures to $out"
