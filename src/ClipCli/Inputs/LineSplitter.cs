using System.Text;

namespace ClipGrpc.Cli.Inputs;

/// <summary>
/// Cuts the bytes of a text file into its lines: UTF-8, or UTF-16 with a byte order mark. Text that is neither is an
/// error with its line, and never letters that nobody wrote.
/// </summary>
/// <param name="name">What errors call the file.</param>
/// <param name="separator">What ends a line: LF (with or without CR), or NUL.</param>
internal sealed class LineSplitter(string name, char separator)
{
    private const int LongestLine = 16 * 1024 * 1024;
    private const int MarkLength = 3;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private byte[] _bytes = new byte[64 * 1024];
    private int _start;
    private int _scanned;
    private int _end;
    private Encoding? _encoding;
    private long _line;

    private int UnitBytes => _encoding is UnicodeEncoding ? sizeof(char) : 1;

    /// <exception cref="CliException">A line is not text of the encoding, or far too long.</exception>
    public IEnumerable<string> Add(ReadOnlyMemory<byte> bytes)
    {
        Append(bytes.Span);
        if (_encoding is null && _end < MarkLength)
            yield break;

        ReadMark();
        while (NextSeparator() is { } end)
        {
            yield return Decode(_bytes.AsSpan(_start, end - _start));
            _start = _scanned = end + UnitBytes;
        }

        if (_end - _start > LongestLine)
            throw Problem($"is longer than {LongestLine / 1024 / 1024} MiB");
    }

    /// <summary>The last line, if it has no separator behind it.</summary>
    /// <exception cref="CliException">As for <see cref="Add"/>.</exception>
    public IEnumerable<string> Finish()
    {
        ReadMark();
        foreach (var line in Add(default))
            yield return line;
        if (_start < _end)
            yield return Decode(_bytes.AsSpan(_start, _end - _start));
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_end + bytes.Length > _bytes.Length)
        {
            var rest = _bytes.AsSpan(_start, _end - _start);
            var target = rest.Length + bytes.Length > _bytes.Length / 2
                ? new byte[Math.Max(_bytes.Length * 2, (rest.Length + bytes.Length) * 2)]
                : _bytes;
            rest.CopyTo(target);
            _bytes = target;
            _scanned -= _start;
            _end -= _start;
            _start = 0;
        }

        bytes.CopyTo(_bytes.AsSpan(_end));
        _end += bytes.Length;
    }

    private void ReadMark()
    {
        if (_encoding is not null)
            return;

        (_encoding, _start) = _bytes.AsSpan(0, _end) switch
        {
            [0xEF, 0xBB, 0xBF, ..] => (Utf8, 3),
            [0xFF, 0xFE, ..] => ((Encoding)new UnicodeEncoding(false, false, throwOnInvalidBytes: true), 2),
            [0xFE, 0xFF, ..] => (new UnicodeEncoding(true, false, throwOnInvalidBytes: true), 2),
            _ => (Utf8, 0),
        };
        _scanned = _start;
    }

    private int? NextSeparator()
    {
        if (UnitBytes == 1)
        {
            var found = _bytes.AsSpan(_scanned, _end - _scanned).IndexOf((byte)separator);
            var end = _scanned + found;
            _scanned = found < 0 ? _end : end;
            return found < 0 ? null : end;
        }

        var (first, second) = _encoding!.GetBytes([separator]) is [var a, var b] ? (a, b) : default;
        for (; _scanned + 1 < _end; _scanned += sizeof(char))
        {
            if (_bytes[_scanned] == first && _bytes[_scanned + 1] == second)
                return _scanned;
        }

        return null;
    }

    private string Decode(ReadOnlySpan<byte> bytes)
    {
        _line++;
        string text;
        try
        {
            text = _encoding!.GetString(bytes);
        }
        catch (DecoderFallbackException exception)
        {
            var encoding = _encoding is UnicodeEncoding ? "UTF-16, as its byte order mark specifies" : "UTF-8";
            throw CliException.WrongUse(
                $"{name}: {Unit} {_line} is not valid {encoding}. Convert the file, for example with iconv -t UTF-8.",
                exception);
        }

        if (separator == '\n')
        {
            if (text.Contains('\0'))
            {
                throw CliException.WrongUse(
                    $"{name}: line {_line} has a NUL character. Is it UTF-16 without a byte order mark, or a list for "
                    + "--null?");
            }

            if (text.EndsWith('\r'))
                text = text[..^1];
        }

        return text;
    }

    private string Unit => separator == '\n' ? "line" : "item";

    private CliException Problem(string problem) =>
        CliException.WrongUse($"{name}: {Unit} {_line + 1} {problem}.");
}
