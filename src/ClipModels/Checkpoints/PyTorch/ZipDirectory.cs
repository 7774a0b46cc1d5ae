using System.Buffers.Binary;
using System.Text;
using ClipGrpc.Models.Files;
using static ClipGrpc.Models.Files.CheckpointErrors;

namespace ClipGrpc.Models.Checkpoints.PyTorch;

/// <summary>
/// The entries of a zip archive as PyTorch writes it: stored, not compressed, so that their bytes are used in place.
/// Where data begins is not to be had from <see cref="System.IO.Compression.ZipArchive"/>, and a checkpoint is
/// untrusted, so the directory is read and checked here.
/// </summary>
/// <remarks>Source of the format: PKWARE's APPNOTE.TXT, sections 4.3.7 to 4.3.16 and 4.5.3.</remarks>
internal static class ZipDirectory
{
    private const int MaxEntries = 100_000;
    private const int EndLength = 22;
    private const int End64LocatorLength = 20;
    private const int End64Length = 56;
    private const int CentralLength = 46;
    private const int LocalLength = 30;
    private const uint LocalSignature = 0x04034B50;
    private const uint CentralSignature = 0x02014B50;
    private const uint EndSignature = 0x06054B50;
    private const uint End64LocatorSignature = 0x07064B50;
    private const uint End64Signature = 0x06064B50;
    private const ushort Encrypted = 1;
    private const ushort Extra64 = 1;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>The archive's entries by name.</summary>
    /// <exception cref="ClipException">Not a sound archive of stored entries.</exception>
    public static Dictionary<string, ZipEntry> Read(RegularFile file)
    {
        var (count, offset, length) = FindCentralDirectory(file);
        if (count > MaxEntries || count * CentralLength > length)
            throw Invalid(file.Name, $"the archive states {count} entries, which is not possible.");

        var central = ReadPart(file, offset, length, "directory").Span;
        var entries = new Dictionary<string, ZipEntry>(StringComparer.Ordinal);
        var extents = new List<(long Start, long End)>();
        for (var i = 0L; i < count; i++)
        {
            var (entry, start, used) = ReadEntry(file, central, offset);
            central = central[used..];
            if (!entries.TryAdd(entry.Name, entry))
                throw Invalid(file.Name, $"the archive has a duplicate entry {Quote(entry.Name)}.");
            extents.Add((start, entry.Offset + entry.Length));
        }

        CheckOverlaps(file, extents);
        return entries;
    }

    private static (long Count, long Offset, long Length) FindCentralDirectory(RegularFile file)
    {
        var endOffset = FindEnd(file);
        var end = file.Slice(endOffset, EndLength).Span;
        long count = BinaryPrimitives.ReadUInt16LittleEndian(end[10..]);
        long length = BinaryPrimitives.ReadUInt32LittleEndian(end[12..]);
        long offset = BinaryPrimitives.ReadUInt32LittleEndian(end[16..]);
        if (count == ushort.MaxValue || length == uint.MaxValue || offset == uint.MaxValue)
            (count, offset, length) = ReadEnd64(file, endOffset);

        if (count < 0 || offset < 0 || length < 0 || offset > endOffset || length > endOffset - offset)
            throw Invalid(file.Name, "the archive's directory is not within the file.");
        return (count, offset, length);
    }

    /// <summary>The end record is the last thing in the file but for a comment whose length it gives.</summary>
    private static long FindEnd(RegularFile file)
    {
        var tailLength = Math.Min(file.Length, EndLength + ushort.MaxValue);
        var tail = file.Slice(file.Length - tailLength, tailLength).Span;
        for (var i = tail.Length - EndLength; i >= 0; i--)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(tail[i..]) == EndSignature
                && BinaryPrimitives.ReadUInt16LittleEndian(tail[(i + 20)..]) == tail.Length - i - EndLength)
            {
                return file.Length - tailLength + i;
            }
        }

        throw Invalid(file.Name, "the file is not a zip archive, or it is truncated.");
    }

    private static (long Count, long Offset, long Length) ReadEnd64(RegularFile file, long endOffset)
    {
        var locator = ReadPart(file, endOffset - End64LocatorLength, End64LocatorLength, "zip64 locator").Span;
        if (BinaryPrimitives.ReadUInt32LittleEndian(locator) != End64LocatorSignature)
            throw Invalid(file.Name, "the archive's zip64 locator is missing.");

        var start = BinaryPrimitives.ReadInt64LittleEndian(locator[8..]);
        var end = ReadPart(file, start, End64Length, "zip64 end record").Span;
        if (BinaryPrimitives.ReadUInt32LittleEndian(end) != End64Signature)
            throw Invalid(file.Name, "the archive's zip64 end record is missing.");

        return (
            BinaryPrimitives.ReadInt64LittleEndian(end[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(end[48..]),
            BinaryPrimitives.ReadInt64LittleEndian(end[40..]));
    }

    private static (ZipEntry Entry, long Start, int Used) ReadEntry(
        RegularFile file, ReadOnlySpan<byte> central, long directoryOffset)
    {
        if (central.Length < CentralLength || BinaryPrimitives.ReadUInt32LittleEndian(central) != CentralSignature)
            throw Invalid(file.Name, "the archive's directory is damaged.");

        var flags = BinaryPrimitives.ReadUInt16LittleEndian(central[8..]);
        var method = BinaryPrimitives.ReadUInt16LittleEndian(central[10..]);
        int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(central[28..]);
        int extraLength = BinaryPrimitives.ReadUInt16LittleEndian(central[30..]);
        int commentLength = BinaryPrimitives.ReadUInt16LittleEndian(central[32..]);
        var used = CentralLength + nameLength + extraLength + commentLength;
        if (used > central.Length)
            throw Invalid(file.Name, "the archive's directory is damaged.");

        var rawName = central.Slice(CentralLength, nameLength);
        var name = ReadName(file, rawName);
        var what = $"the archive's entry {Quote(name)}";
        if ((flags & Encrypted) != 0)
            throw Invalid(file.Name, $"{what} is encrypted.");
        if (method != 0)
        {
            throw Invalid(
                file.Name, $"{what} is compressed (method {method}); PyTorch stores entries uncompressed.");
        }

        var extra = central.Slice(CentralLength + nameLength, extraLength);
        var (stored, size, start) = ReadSizes(file, central, extra, what);
        if (stored != size)
            throw Invalid(file.Name, $"{what} is stored, but has {stored} bytes for {size}.");

        var offset = FindData(file, start, rawName, what);
        if (size < 0 || offset > directoryOffset || size > directoryOffset - offset)
            throw Invalid(file.Name, $"{what} is not within the file.");
        return (new ZipEntry(name, offset, size), start, used);
    }

    private static string ReadName(RegularFile file, ReadOnlySpan<byte> bytes)
    {
        string name;
        try
        {
            name = StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException exception)
        {
            throw Invalid(file.Name, "an entry's name in the archive is not UTF-8.", exception);
        }

        var parts = name.Split('/');
        if (parts[0].Length == 0 || parts.Any(part => part is "." or "..") || name.AsSpan().IndexOfAny("\\:\0") >= 0)
            throw Invalid(file.Name, $"the archive has an entry named {Quote(name)}, which is outside of its folder.");
        return name;
    }

    /// <summary>Sizes and offset of 2^32 − 1 stand for 64-bit ones in an extra field, which has only those.</summary>
    private static (long Stored, long Size, long Start) ReadSizes(
        RegularFile file, ReadOnlySpan<byte> central, ReadOnlySpan<byte> extra, string what)
    {
        long stored = BinaryPrimitives.ReadUInt32LittleEndian(central[20..]);
        long size = BinaryPrimitives.ReadUInt32LittleEndian(central[24..]);
        long start = BinaryPrimitives.ReadUInt32LittleEndian(central[42..]);
        if (stored != uint.MaxValue && size != uint.MaxValue && start != uint.MaxValue)
            return (stored, size, start);

        var wide = FindExtra64(extra);
        Widen(ref size, ref wide);
        Widen(ref stored, ref wide);
        Widen(ref start, ref wide);
        return (stored, size, start);

        void Widen(ref long value, ref ReadOnlySpan<byte> fields)
        {
            if (value != uint.MaxValue)
                return;
            if (fields.Length < sizeof(long))
                throw Invalid(file.Name, $"{what} lacks its 64-bit sizes.");
            value = BinaryPrimitives.ReadInt64LittleEndian(fields);
            fields = fields[sizeof(long)..];
        }
    }

    private static ReadOnlySpan<byte> FindExtra64(ReadOnlySpan<byte> extra)
    {
        while (extra.Length >= 4)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            if (length > extra.Length - 4)
                break;
            if (BinaryPrimitives.ReadUInt16LittleEndian(extra) == Extra64)
                return extra.Slice(4, length);
            extra = extra[(4 + length)..];
        }

        return default;
    }

    /// <summary>The local header has a padding of its own before the data, and must agree with the directory.</summary>
    private static long FindData(RegularFile file, long start, ReadOnlySpan<byte> name, string what)
    {
        var local = ReadPart(file, start, LocalLength, "entry").Span;
        int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(local[26..]);
        int extraLength = BinaryPrimitives.ReadUInt16LittleEndian(local[28..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(local) != LocalSignature
            || BinaryPrimitives.ReadUInt16LittleEndian(local[8..]) != 0
            || !ReadPart(file, start + LocalLength, nameLength, "entry").Span.SequenceEqual(name))
        {
            throw Invalid(file.Name, $"{what} has a different header at its data.");
        }

        return start + LocalLength + nameLength + extraLength;
    }

    private static void CheckOverlaps(RegularFile file, List<(long Start, long End)> extents)
    {
        extents.Sort();
        for (var i = 1; i < extents.Count; i++)
        {
            if (extents[i].Start < extents[i - 1].End)
                throw Invalid(file.Name, $"the archive has entries that overlap at byte {extents[i].Start}.");
        }
    }

    private static ReadOnlyMemory<byte> ReadPart(RegularFile file, long offset, long length, string what)
    {
        if (offset < 0 || offset > file.Length || length > file.Length - offset)
            throw Invalid(file.Name, $"the archive's {what} is not within the file.");
        return file.Slice(offset, length);
    }
}
