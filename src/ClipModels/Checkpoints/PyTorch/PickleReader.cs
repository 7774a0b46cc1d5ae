using System.Buffers.Binary;
using System.Text;
using static ClipGrpc.Models.Files.CheckpointErrors;

namespace ClipGrpc.Models.Checkpoints.PyTorch;

/// <summary>The bytes of a pickle, each read checked against their end.</summary>
internal ref struct PickleReader(ReadOnlySpan<byte> data, string file)
{
    private const int MaxTextLength = 4096;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> _rest = data;

    public byte ReadByte() => Take(1)[0];

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    /// <summary>LONG1: a length byte, then a little-endian two's complement number of up to 8 bytes.</summary>
    public long ReadLong1()
    {
        var bytes = Take(ReadByte());
        if (bytes.Length > sizeof(long))
            throw Invalid(file, "the pickle has an integer of more than 64 bits.");

        var value = 0L;
        for (var i = bytes.Length - 1; i >= 0; i--)
            value = (value << 8) | (i == bytes.Length - 1 ? (sbyte)bytes[i] : bytes[i]);
        return value;
    }

    public string ReadText()
    {
        var length = ReadUInt32();
        if (length > MaxTextLength)
            throw Invalid(file, $"the pickle has a string of {length} bytes; at most {MaxTextLength} are accepted.");
        return Decode(Take((int)length));
    }

    /// <summary>GLOBAL: module and name, each ended by a line feed.</summary>
    public string ReadGlobal()
    {
        var module = ReadLine();
        return module + "." + ReadLine();
    }

    private string ReadLine()
    {
        var length = _rest[..Math.Min(_rest.Length, MaxTextLength)].IndexOf((byte)'\n');
        if (length < 0)
            throw Invalid(file, "the pickle has a name that is not terminated.");
        return Decode(Take(length + 1)[..length]);
    }

    private readonly string Decode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException exception)
        {
            throw Invalid(file, "the pickle has text that is not UTF-8.", exception);
        }
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length)
            throw Invalid(file, "the pickle is truncated.");

        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
