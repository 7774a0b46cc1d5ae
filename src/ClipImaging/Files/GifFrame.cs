namespace ClipGrpc.Imaging.Files;

/// <summary>The pixels of a GIF's frame on its canvas, written in the order of the file.</summary>
internal ref struct GifFrame
{
    private readonly Span<uint> _canvas;
    private readonly ReadOnlySpan<uint> _colors;
    private readonly int _stride;
    private readonly int _width;
    private readonly int _height;
    private int _y;
    private int _step;
    private int _pass;

    /// <param name="canvas">From the frame's first pixel.</param>
    /// <param name="stride">Pixels from one row of the canvas to the next.</param>
    /// <param name="colors">256 pixels.</param>
    public GifFrame(
        Span<uint> canvas, int stride, int width, int height, bool isInterlaced, ReadOnlySpan<uint> colors)
    {
        _canvas = canvas;
        _colors = colors;
        _stride = stride;
        _width = width;
        _height = height;
        _step = isInterlaced ? 8 : 1;
        _pass = isInterlaced ? 0 : 3;
    }

    /// <param name="indices">
    /// Width × Height. They may be the end of the canvas, if the frame is as large and not interlaced: a pixel is
    /// written where those are that were read.
    /// </param>
    public void Write(scoped ReadOnlySpan<byte> indices)
    {
        var colors = _colors[..256];
        for (; indices.Length > 0; indices = indices[_width..])
        {
            var row = _canvas.Slice(_y * _stride, _width);
            for (var i = 0; i < row.Length; i++)
                row[i] = colors[indices[i]];
            NextRow();
        }
    }

    private void NextRow()
    {
        _y += _step;

        // Every eighth row from 0 and from 4, every fourth from 2, every second from 1.
        while (_y >= _height && _pass < 3)
        {
            _pass++;
            _step = _pass == 1 ? 8 : 8 >> (_pass - 1);
            _y = 8 >> _pass;
        }
    }
}
