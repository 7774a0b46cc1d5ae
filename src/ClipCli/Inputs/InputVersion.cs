using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ClipGrpc.Cli.Inputs;

/// <summary>What identifies an input from run to run, and by what a changed file is known.</summary>
/// <param name="Id">A hash of the path or the text.</param>
/// <param name="Size">Null where it is no file.</param>
/// <param name="Modified">UTC, in whole milliseconds as the tables have it; null where it is no file.</param>
internal sealed record InputVersion(UInt128 Id, long? Size, DateTime? Modified)
{
    /// <summary>Whether the same id means the same content: not for standard input, nor for a missing file.</summary>
    public bool IsKnown { get; private init; }

    /// <summary>Equal for the same content.</summary>
    public UInt128 Key
    {
        get
        {
            Span<byte> bytes = stackalloc byte[16 + 2 * sizeof(long)];
            BinaryPrimitives.WriteUInt128LittleEndian(bytes, Id);
            BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], Size ?? -1);
            BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], Modified?.Ticks ?? 0);
            return Hash(bytes);
        }
    }

    public static InputVersion Of(CliInput input)
    {
        var id = IdOf(input);
        if (input.IsText)
            return new InputVersion(id, null, null) { IsKnown = true };

        var file = new FileInfo(input.Name);
        if (input.Problem is not null || input.Name == CliInput.StandardInputName || !file.Exists)
            return new InputVersion(id, null, null);

        var ticks = file.LastWriteTimeUtc.Ticks;
        var modified = new DateTime(ticks - ticks % TimeSpan.TicksPerMillisecond, DateTimeKind.Utc);
        return new InputVersion(id, file.Length, modified) { IsKnown = true };
    }

    /// <summary>
    /// The same on every machine for the same text, and for a path that is written the same way; <c>./</c> before it
    /// makes no difference.
    /// </summary>
    public static UInt128 IdOf(CliInput input) =>
        input.IsText ? Hash($"text\n{input.Name}") : Hash($"image\n{Normalize(input.Name)}");

    private static string Normalize(string path)
    {
        if (OperatingSystem.IsWindows())
            path = path.Replace('\\', '/');
        while (path.StartsWith("./", StringComparison.Ordinal))
            path = path[2..].TrimStart('/');
        return path;
    }

    private static UInt128 Hash(string text) => Hash(Encoding.UTF8.GetBytes(text));

    private static UInt128 Hash(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}
