using System.Buffers.Binary;
using System.Text;

namespace ClipGrpc.Tests.TestSupport;

/// <summary>Writes zip archives of stored entries; every header can be changed before it is written.</summary>
internal sealed class ZipWriter
{
    private static readonly uint[] CrcTable = MakeCrcTable();

    private readonly List<byte> _bytes = [];
    private readonly List<byte> _central = [];
    private int _count;

    /// <summary>Adds an entry whose data begins at a multiple of 64, as PyTorch does.</summary>
    public ZipWriter Add(string name, byte[] data, Action<byte[]>? changeLocal = null, Action<byte[]>? changeCentral = null)
    {
        var nameBytes = Encoding.UTF8.GetBytes(name);
        var start = _bytes.Count;
        var padding = -(start + 34 + nameBytes.Length) & 63;
        var local = new byte[30];
        BinaryPrimitives.WriteUInt32LittleEndian(local, 0x04034B50);
        WriteCommon(local.AsSpan(4), nameBytes, data);
        BinaryPrimitives.WriteUInt16LittleEndian(local.AsSpan(28), (ushort)(4 + padding));
        changeLocal?.Invoke(local);
        var paddingHeader = new byte[4] { (byte)'F', (byte)'B', (byte)padding, 0 };
        _bytes.AddRange([.. local, .. nameBytes, .. paddingHeader, .. new byte[padding], .. data]);

        var central = new byte[46];
        BinaryPrimitives.WriteUInt32LittleEndian(central, 0x02014B50);
        WriteCommon(central.AsSpan(6), nameBytes, data);
        BinaryPrimitives.WriteInt32LittleEndian(central.AsSpan(42), start);
        changeCentral?.Invoke(central);
        _central.AddRange([.. central, .. nameBytes]);
        _count++;
        return this;
    }

    public byte[] ToArray(Action<byte[]>? changeEnd = null)
    {
        var end = new byte[22];
        BinaryPrimitives.WriteUInt32LittleEndian(end, 0x06054B50);
        BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(8), (ushort)_count);
        BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(10), (ushort)_count);
        BinaryPrimitives.WriteInt32LittleEndian(end.AsSpan(12), _central.Count);
        BinaryPrimitives.WriteInt32LittleEndian(end.AsSpan(16), _bytes.Count);
        changeEnd?.Invoke(end);
        return [.. _bytes, .. _central, .. end];
    }

    /// <summary>The same with 64-bit records, as archives beyond 4 GiB have them.</summary>
    public byte[] ToArray64()
    {
        var end64 = new byte[56];
        BinaryPrimitives.WriteUInt32LittleEndian(end64, 0x06064B50);
        BinaryPrimitives.WriteInt64LittleEndian(end64.AsSpan(4), 44);
        BinaryPrimitives.WriteInt64LittleEndian(end64.AsSpan(24), _count);
        BinaryPrimitives.WriteInt64LittleEndian(end64.AsSpan(32), _count);
        BinaryPrimitives.WriteInt64LittleEndian(end64.AsSpan(40), _central.Count);
        BinaryPrimitives.WriteInt64LittleEndian(end64.AsSpan(48), _bytes.Count);
        var locator = new byte[20];
        BinaryPrimitives.WriteUInt32LittleEndian(locator, 0x07064B50);
        BinaryPrimitives.WriteInt64LittleEndian(locator.AsSpan(8), _bytes.Count + _central.Count);
        BinaryPrimitives.WriteInt32LittleEndian(locator.AsSpan(16), 1);
        var end = new byte[22];
        BinaryPrimitives.WriteUInt32LittleEndian(end, 0x06054B50);
        end.AsSpan(8, 12).Fill(0xFF);
        return [.. _bytes, .. _central, .. end64, .. locator, .. end];
    }

    /// <summary>The fields from "version needed" to the length of the name, the same in both headers.</summary>
    private static void WriteCommon(Span<byte> header, byte[] name, byte[] data)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], 0x0800);
        BinaryPrimitives.WriteUInt32LittleEndian(header[10..], Crc32(data));
        BinaryPrimitives.WriteInt32LittleEndian(header[14..], data.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header[18..], data.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(header[22..], (ushort)name.Length);
    }

    private static uint Crc32(byte[] data) =>
        ~data.Aggregate(uint.MaxValue, (crc, value) => CrcTable[(byte)(crc ^ value)] ^ (crc >> 8));

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
