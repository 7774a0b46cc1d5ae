using System.Buffers.Binary;
using System.Text;

namespace ClipGrpc.TestSupport;

/// <summary>
/// Writes the opcodes of a protocol 2 pickle one by one, so that a test can write what no program would.
/// </summary>
internal sealed class PickleWriter
{
    private readonly List<byte> _bytes = [];

    public PickleWriter Protocol(byte version = 2) => Raw(0x80, version);

    public PickleWriter Raw(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public PickleWriter Opcode(char opcode) => Raw((byte)opcode);

    public PickleWriter Global(string module, string name) => Raw(Encoding.UTF8.GetBytes($"c{module}\n{name}\n"));

    public PickleWriter Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return Opcode('X').UInt32((uint)bytes.Length).Raw(bytes);
    }

    public PickleWriter Integer(long value)
    {
        if (value is >= 0 and <= byte.MaxValue)
            return Raw((byte)'K', (byte)value);
        if (value is >= int.MinValue and <= int.MaxValue)
            return Opcode('J').UInt32((uint)(int)value);

        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Raw(0x8A, 8).Raw(bytes);
    }

    public PickleWriter UInt32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Raw(bytes);
    }

    public PickleWriter Tuple(Action<PickleWriter> content)
    {
        Opcode('(');
        content(this);
        return Opcode('t');
    }

    public PickleWriter Integers(params long[] values) =>
        Tuple(writer => Array.ForEach(values, value => writer.Integer(value)));

    public PickleWriter OrderedDictionary() => Global("collections", "OrderedDict").Raw((byte)')', (byte)'R');

    public PickleWriter Storage(string type, string key, long elements) =>
        Tuple(writer => writer.Text("storage").Global("torch", type).Text(key).Text("cpu").Integer(elements))
            .Opcode('Q');

    public PickleWriter Tensor(string type, string key, long elements, long offset, long[] shape, long[] strides) =>
        Global("torch._utils", "_rebuild_tensor_v2")
            .Tuple(writer => writer.Storage(type, key, elements).Integer(offset).Integers(shape).Integers(strides)
                .Raw(0x89).OrderedDictionary())
            .Opcode('R');

    public byte[] ToArray() => [.. _bytes];
}
