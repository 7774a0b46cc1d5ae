using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ClipGrpc.Cli.Tables;

/// <summary>NumPy files (format 1.0) of float32 [rows, columns], and the names files beside them.</summary>
internal static partial class NpyFormat
{
    /// <summary>Bytes before the values; room for the number of rows whatever it turns out to be.</summary>
    public const int HeaderBytes = 128;

    private static readonly byte[] MagicAndVersion = [0x93, .. "NUMPY"u8, 1, 0];

    /// <summary><c>vectors.names.jsonl</c> for <c>vectors.npy</c>: a JSON object per row, in row order.</summary>
    public static string NamesPath(string path) =>
        (Path.GetExtension(path) == ".npy" ? path[..^".npy".Length] : path) + ".names.jsonl";

    public static byte[] Header(long rows, int columns)
    {
        var description = string.Create(
            CultureInfo.InvariantCulture,
            $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
        var text = description.PadRight(HeaderBytes - MagicAndVersion.Length - sizeof(ushort) - 1) + "\n";
        var header = new byte[HeaderBytes];
        MagicAndVersion.CopyTo(header, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(MagicAndVersion.Length), (ushort)text.Length);
        Encoding.ASCII.GetBytes(text, header.AsSpan(MagicAndVersion.Length + sizeof(ushort)));
        return header;
    }

    /// <summary>Null where it is not the header of such a file.</summary>
    public static (long Rows, int Columns)? ReadHeader(ReadOnlySpan<byte> header)
    {
        if (header.Length < HeaderBytes || !header.StartsWith(MagicAndVersion))
            return null;
        var shape = Shape().Match(Encoding.ASCII.GetString(header[(MagicAndVersion.Length + sizeof(ushort))..]));
        return shape.Success
            && long.TryParse(shape.Groups[1].ValueSpan, CultureInfo.InvariantCulture, out var rows)
            && int.TryParse(shape.Groups[2].ValueSpan, CultureInfo.InvariantCulture, out var columns)
                ? (rows, columns)
                : null;
    }

    [GeneratedRegex(@"^\{'descr': '<f4', 'fortran_order': False, 'shape': \((\d+), (\d+)\), \} *\n$")]
    private static partial Regex Shape();
}
