#!/usr/bin/env bash
# The whole way from openly licensed packages to the model's folder: make.sh WORK_DIR OUT_DIR
#
# Needs Debian 12 or later, root for apt-get, npm, 6 GB of disk and 10 GB of memory. On 2 cores that do nothing else about
# 45 minutes: some to fetch, rasterise and redraw, 30 for the picture tower, 5 for the text tower, 1 to measure.
set -euo pipefail

if [ $# -ne 2 ]; then
    echo "usage: $0 WORK_DIR OUT_DIR" >&2
    exit 2
fi
work=$(realpath -m "$1")
out=$(realpath -m "$2")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=/usr/bin/python3
export DEMO_ROOT=$work

npm_packages=(
    @iconify-json/noto@1.2.9
    @iconify-json/noto-v1@1.2.5
    @iconify-json/twemoji@1.2.5
    @iconify-json/openmoji@1.2.29
    @iconify-json/fluent-emoji@1.2.7
    @iconify-json/fluent-emoji-flat@1.2.6
    @iconify-json/fluent-emoji-high-contrast@1.2.6
    @iconify-json/fxemoji@1.2.2
    @iconify-json/streamline-emojis@1.2.4
    @iconify-json/game-icons@1.2.4
    @iconify-json/flat-color-icons@1.2.3
    @iconify-json/streamline-ultimate-color@1.2.2
    @iconify-json/streamline-freehand-color@1.2.2
    @iconify-json/icon-park@1.2.4
    @iconify-json/ph@1.2.2
    @iconify-json/mdi@1.2.3
    @iconify-json/emojione@1.2.3
    @iconify-json/emojione-monotone@1.2.1
    @iconify-json/streamline-kameleon-color@1.2.2
    @lobehub/fluent-emoji-3d@1.1.0
    emojibase-data@17.0.0
    emojilib@4.0.3
)
debian_tools=(
    gir1.2-rsvg-2.0 python3-gi python3-gi-cairo python3-cairo python3-pil python3-numpy python3-regex python3-torch
    libopenblas0-pthread libjemalloc2 fonts-dejavu-core wordnet-base
)
debian_drawings=(tuxpaint-stamps-default openclipart-svg)

apt-get install -y "${debian_tools[@]}"

mkdir -p "$work"/{npm,deb}/x
cd "$work/npm"
npm pack --silent "${npm_packages[@]}"
for archive in *.tgz; do
    mkdir -p "x/${archive%.tgz}"
    tar xzf "$archive" -C "x/${archive%.tgz}"
done
cd "$work/deb"
apt-get download "${debian_drawings[@]}"
for archive in *.deb; do
    dpkg-deb -x "$archive" "x/${archive%%_*}"
done

"$python" "$here/prepare.py"
mkdir -p "$work/vocabulary"
cp "$here"/../{vocab.json,merges.txt} "$work/vocabulary"

# Two processes of one thread are faster than one of two threads, and jemalloc makes each about twice as fast.
train() {
    local rendezvous
    rendezvous=$(mktemp -u "$work/rendezvous.XXXXXX")
    export LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libjemalloc.so.2
    export MALLOC_CONF=dirty_decay_ms:-1,muzzy_decay_ms:-1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
    "$python" "$here/$1" --rank 1 --ranks 2 --rendezvous "$rendezvous" &
    "$python" "$here/$1" --rank 0 --ranks 2 --rendezvous "$rendezvous"
    wait
    unset LD_PRELOAD
}
train train_pictures.py
train train_texts.py

"$python" "$here/export.py" "$out"
"$python" "$here/show_samples.py" "$out" "$here/../../../samples" "$out/samples.png"
