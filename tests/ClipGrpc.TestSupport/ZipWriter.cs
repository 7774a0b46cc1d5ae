using System.Buffers.Binary;
using System.Text;
using ClipGrpc.LoadTest.Models;

namespace ClipGrpc.TestSupport;

/// <summary>Writes zip archives of stored entries; every header can be changed before it is written.</summary>
/// <param name="output">Begins with the archive and can go back.</param>
internal sealed class ZipWriter(Stream output)
{
    private static readonly uint[] CrcTable = MakeCrcTable();

    private readonly List<byte> _central = [];
    private int _count;

    public ZipWriter()
        : this(new MemoryStream())
    {
    }

    /// <summary>Adds an entry whose data begins at a multiple of 64, as PyTorch does.</summary>
    public ZipWriter Add(
        string name, byte[] data, Action<byte[]>? changeLocal = null, Action<byte[]>? changeCentral = null) =>
        Add(name, data.Length, sink => sink(data), changeLocal, changeCentral);

    /// <summary>The same for data that is made while it is written.</summary>
    public ZipWriter Add(
        string name, long length, Action<ByteSink> writeTo, Action<byte[]>? changeLocal = null,
        Action<byte[]>? changeCentral = null)
    {
        var nameBytes = Encoding.UTF8.GetBytes(name);
        var start = output.Position;
        var padding = (int)-(start + 34 + nameBytes.Length) & 63;
        var paddingHeader = new byte[4] { (byte)'F', (byte)'B', (byte)padding, 0 };
        output.Write([.. new byte[30], .. nameBytes, .. paddingHeader, .. new byte[padding]]);
        var crc = uint.MaxValue;
        writeTo(bytes =>
        {
            crc = AddToCrc(crc, bytes);
            output.Write(bytes);
        });
        var end = output.Position;

        var local = new byte[30];
        BinaryPrimitives.WriteUInt32LittleEndian(local, 0x04034B50);
        WriteCommon(local.AsSpan(4), nameBytes, ~crc, length);
        BinaryPrimitives.WriteUInt16LittleEndian(local.AsSpan(28), (ushort)(4 + padding));
        changeLocal?.Invoke(local);
        output.Position = start;
        output.Write(local);
        output.Position = end;

        var central = new byte[46];
        BinaryPrimitives.WriteUInt32LittleEndian(central, 0x02014B50);
        WriteCommon(central.AsSpan(6), nameBytes, ~crc, length);
        BinaryPrimitives.WriteUInt32LittleEndian(central.AsSpan(42), checked((uint)start));
        changeCentral?.Invoke(central);
        _central.AddRange([.. central, .. nameBytes]);
        _count++;
        return this;
    }

    /// <summary>Writes the directory of the archive.</summary>
    public void End(Action<byte[]>? changeEnd = null)
    {
        var end = new byte[22];
        BinaryPrimitives.WriteUInt32LittleEndian(end, 0x06054B50);
        BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(8), (ushort)_count);
        BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(10), (ushort)_count);
        BinaryPrimitives.WriteInt32LittleEndian(end.AsSpan(12), _central.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(16), checked((uint)output.Position));
        changeEnd?.Invoke(end);
        output.Write([.. _central, .. end]);
    }

    public byte[] ToArray(Action<byte[]>? changeEnd = null) => Written(() => End(changeEnd));

    /// <summary>The same with 64-bit records, as archives beyond 4 GiB have them.</summary>
    public byte[] ToArray64() => Written(End64);

    private void End64()
    {
        var end64 = new byte[56];
        BinaryPrimitives.WriteUInt32LittleEndian(end64, 0x06064B50);
        BinaryPrimitives.WriteInt64LittleEndian(end64.AsSpan(4), 44);
        BinaryPrimitives.WriteInt64LittleEndian(end64.AsSpan(24), _count);
        BinaryPrimitives.WriteInt64LittleEndian(end64.AsSpan(32), _count);
        BinaryPrimitives.WriteInt64LittleEndian(end64.AsSpan(40), _central.Count);
        BinaryPrimitives.WriteInt64LittleEndian(end64.AsSpan(48), output.Position);
        var locator = new byte[20];
        BinaryPrimitives.WriteUInt32LittleEndian(locator, 0x07064B50);
        BinaryPrimitives.WriteInt64LittleEndian(locator.AsSpan(8), output.Position + _central.Count);
        BinaryPrimitives.WriteInt32LittleEndian(locator.AsSpan(16), 1);
        var end = new byte[22];
        BinaryPrimitives.WriteUInt32LittleEndian(end, 0x06054B50);
        end.AsSpan(8, 12).Fill(0xFF);
        output.Write([.. _central, .. end64, .. locator, .. end]);
    }

    /// <summary>The archive with an end, which is taken off again: entries can be added afterwards.</summary>
    private byte[] Written(Action end)
    {
        var position = output.Position;
        end();
        var bytes = ((MemoryStream)output).ToArray();
        output.SetLength(position);
        return bytes;
    }

    /// <summary>The fields from "version needed" to the length of the name, the same in both headers.</summary>
    private static void WriteCommon(Span<byte> header, byte[] name, uint crc, long length)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], 0x0800);
        BinaryPrimitives.WriteUInt32LittleEndian(header[10..], crc);
        BinaryPrimitives.WriteUInt32LittleEndian(header[14..], checked((uint)length));
        BinaryPrimitives.WriteUInt32LittleEndian(header[18..], checked((uint)length));
        BinaryPrimitives.WriteUInt16LittleEndian(header[22..], (ushort)name.Length);
    }

    private static uint AddToCrc(uint crc, ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
            crc = CrcTable[(byte)(crc ^ value)] ^ (crc >> 8);
        return crc;
    }

    private static uint[] MakeCrcTable()
    {
        var table = new uint[256];
        for (var i = 0u; i < table.Length; i++)
        {
            table[i] = i;
            for (var bit = 0; bit < 8; bit++)
                table[i] = (table[i] & 1) != 0 ? 0xEDB88320 ^ (table[i] >> 1) : table[i] >> 1;
        }

        return table;
    }
}
