#!/usr/bin/env bash
# Writes the references of YuvReferenceTests with ffmpeg: `./make.sh` in this folder. Made with ffmpeg 5.1.9.
#
# FORMAT.yuv is a frame of 44 × 16 pixels: ffmpeg's test pattern beside blocks of random colors. FORMAT.rgb is what
# swscale makes of it with full accuracy: RGB24 for BT.601, BT.709 and BT.2020, each of limited and then of full range,
# one after the other. `neighbor` is the conversion without interpolation of the chroma.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
flags=accurate_rnd+full_chroma_int+full_chroma_inp+bitexact

for format in nv12 yuv420p p010le yuyv422 uyvy422; do
    noise="nullsrc=size=8x8,format=gbrp,geq=r='40+random(1)*170':g='40+random(2)*170':b='40+random(3)*170'"
    ffmpeg -v error -y -filter_complex \
        "testsrc2=size=28x16,format=gbrp[pattern];$noise,scale=16:16:flags=neighbor[noise];
         [pattern][noise]hstack,scale=out_color_matrix=bt601:out_range=limited:flags=bicubic+$flags,format=$format" \
        -frames:v 1 -f rawvideo "$format.yuv"
    : >"$format.rgb"
    for matrix in bt601 bt709 bt2020; do
        for range in limited full; do
            ffmpeg -v error -y -f rawvideo -pixel_format "$format" -video_size 44x16 -i "$format.yuv" \
                -vf "scale=in_color_matrix=$matrix:in_range=$range:out_range=full:flags=neighbor+$flags" \
                -pix_fmt rgb24 -f rawvideo - >>"$format.rgb"
        done
    done
done
