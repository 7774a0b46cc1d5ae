using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ClipGrpc.Models.Checkpoints.PyTorch;
using ClipGrpc.Models.Tensors;
using ClipGrpc.TestSupport;

namespace ClipGrpc.Tests.Models;

public sealed class PyTorchFileTests : IDisposable
{
    private static readonly byte[] SixFloats = Floats(0, 1, 2, 3, 4, 5);

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Get_StridesOffsetsAndSharedStorage_GivesRowMajorCopies()
    {
        var pickle = Dictionary(writer => writer
            .Text("whole").Tensor("FloatStorage", "0", 6, 0, [2, 3], [3, 1])
            .Text("transposed").Tensor("FloatStorage", "0", 6, 0, [3, 2], [1, 3])
            .Text("column").Tensor("FloatStorage", "0", 6, 1, [2], [3])
            .Text("tail").Tensor("FloatStorage", "0", 6, 4, [2], [1])
            .Text("row").Tensor("FloatStorage", "0", 6, 3, [1, 3], [77, 1])
            .Text("scalar").Tensor("FloatStorage", "0", 6, 5, [], [])
            .Text("empty").Tensor("FloatStorage", "0", 6, 6, [0, 9], [9, 1]));
        using var file = Open(TorchWriter.Archive(pickle, SixFloats).ToArray());

        Assert.Equal([0, 1, 2, 3, 4, 5], TensorConverter.ToFloat32(file.Get("whole")));
        Assert.Equal([0, 3, 1, 4, 2, 5], TensorConverter.ToFloat32(file.Get("transposed")));
        Assert.Equal([1, 4], TensorConverter.ToFloat32(file.Get("column")));
        Assert.Equal([4, 5], TensorConverter.ToFloat32(file.Get("tail")));
        Assert.Equal([3, 4, 5], TensorConverter.ToFloat32(file.Get("row")));
        Assert.Equal([5], TensorConverter.ToFloat32(file.Get("scalar")));
        Assert.Empty(TensorConverter.ToFloat32(file.Get("empty")));
    }

    [Fact]
    public void Get_ContiguousTensors_AreInPlace()
    {
        var path = _folder.Write(
            "a.bin", TorchWriter.Write(TestTensor.Of("a", TensorType.Float32, [1 << 20], new float[1 << 20])));
        using var file = PyTorchFile.Open(path);
        file.Get("a");
        var before = GC.GetAllocatedBytesForCurrentThread();

        var tensor = file.Get("a");

        Assert.Equal(4 << 20, tensor.Data.Length);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 10_000);
    }

    [Fact]
    public void Open_ModuleState_MetadataAndParametersAreAccepted()
    {
        var pickle = new PickleWriter().Protocol().OrderedDictionary().Raw((byte)'q', 0).Opcode('(')
            .Text("weight").Global("torch._utils", "_rebuild_parameter")
            .Tuple(writer => writer.Tensor("FloatStorage", "0", 6, 0, [6], [1]).Raw(0x88).OrderedDictionary())
            .Opcode('R').Opcode('u').Opcode('}').Text("_metadata").OrderedDictionary().Opcode('(')
            .Text("").Opcode('}').Text("version").Integer(1).Opcode('s').Opcode('u').Opcode('s').Opcode('b').Opcode('.')
            .ToArray();
        using var file = Open(TorchWriter.Archive(pickle, SixFloats).ToArray());

        Assert.Equal(["weight"], file.Names);
        Assert.Equal([0, 1, 2, 3, 4, 5], TensorConverter.ToFloat32(file.Get("weight")));
    }

    [Fact]
    public void Open_Zip64_IsRead()
    {
        var pickle = Dictionary(writer => writer.Text("a").Tensor("FloatStorage", "0", 6, 0, [6], [1]));
        using var file = Open(TorchWriter.Archive(pickle, SixFloats).ToArray64());

        Assert.Equal([0, 1, 2, 3, 4, 5], TensorConverter.ToFloat32(file.Get("a")));
    }

    [Fact]
    public void Open_CutAnywhere_IsRefused()
    {
        var bytes = TorchWriter.Write(TestTensor.Of("a", TensorType.Float32, [2], [1, 2]));
        for (var length = 0; length < bytes.Length; length++)
            Refused(bytes[..length]);
    }

    [Fact]
    public void Open_LegacyFormat_SaysHowToConvert()
    {
        byte[] legacy = [0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, (byte)'.'];

        Assert.Contains("before version 1.6", Refused(legacy));
        Assert.Contains("not a PyTorch checkpoint", Refused("GIF89a"u8.ToArray()));
        Assert.Contains("not a PyTorch checkpoint", Refused([]));
    }

    [Theory]
    [InlineData("os", "system")]
    [InlineData("builtins", "eval")]
    [InlineData("__builtin__", "getattr")]
    [InlineData("torch", "DoubleStorage")]
    [InlineData("torch", "load")]
    [InlineData("torch._utils", "_rebuild_tensor_v2 ")]
    [InlineData("torch._utils._rebuild_tensor", "v2.x")]
    public void Open_OtherGlobal_IsRefusedByName(string module, string name)
    {
        var marker = _folder.PathOf("ran");
        var pickle = new PickleWriter().Protocol().Global(module, name)
            .Tuple(writer => writer.Text("touch " + marker))
            .Opcode('R').Opcode('.');

        var message = Refused(TorchWriter.Archive(pickle.ToArray()).ToArray());

        Assert.Contains($"'{module}.{name}', which is not allowed", message);
        Assert.False(File.Exists(marker));
    }

    [Theory]
    [InlineData('i')]
    [InlineData('o')]
    [InlineData((char)0x81)]
    [InlineData((char)0x93)]
    [InlineData((char)0x92)]
    [InlineData('P')]
    [InlineData((char)0x82)]
    [InlineData(']')]
    [InlineData('\0')]
    public void Open_OtherOpcode_IsRefusedByNumber(char opcode)
    {
        var pickle = new PickleWriter().Protocol().Raw((byte)opcode, (byte)'.').ToArray();

        Assert.Contains($"opcode 0x{(byte)opcode:X2}", Refused(TorchWriter.Archive(pickle).ToArray()));
    }

    public static TheoryData<string, byte[], string> HostilePickles => new()
    {
        { "empty", [], "truncated" },
        { "no stop", new PickleWriter().Protocol().Opcode('}').ToArray(), "truncated" },
        { "protocol 4", new PickleWriter().Protocol(4).ToArray(), "protocol 4 is not supported" },
        {
            "not a dictionary",
            new PickleWriter().Protocol().Text("x").Opcode('.').ToArray(),
            "not a dictionary of tensors"
        },
        { "underflow", new PickleWriter().Protocol().Opcode('.').ToArray(), "more values than it has" },
        {
            "under a mark",
            new PickleWriter().Protocol().Opcode('}').Opcode('(').Opcode('s').ToArray(),
            "more values than it has"
        },
        { "no mark", new PickleWriter().Protocol().Opcode('}').Opcode('u').ToArray(), "a mark that it has not" },
        { "recall", new PickleWriter().Protocol().Raw((byte)'h', 3).ToArray(), "gets the value 3" },
        {
            "recall far",
            new PickleWriter().Protocol().Opcode('j').UInt32(uint.MaxValue).ToArray(),
            "gets the value 4294967295"
        },
        {
            "long text",
            new PickleWriter().Protocol().Opcode('X').UInt32(uint.MaxValue).ToArray(),
            "a string of 4294967295 bytes"
        },
        { "bad text", new PickleWriter().Protocol().Opcode('X').UInt32(2).Raw(0xC3, 0x28).ToArray(), "not UTF-8" },
        {
            "endless name",
            new PickleWriter().Protocol().Opcode('c').Raw(new byte[9000]).ToArray(),
            "name that is not terminated"
        },
        { "wide integer", new PickleWriter().Protocol().Raw(0x8A, 9).Raw(new byte[9]).ToArray(), "more than 64 bits" },
        { "call of text", new PickleWriter().Protocol().Text("x").Opcode(')').Opcode('R').ToArray(), "not a function" },
        { "odd items", Dictionary(writer => writer.Text("x")), "not a dictionary" },
        { "number as key", Dictionary(writer => writer.Integer(1).Integer(1)), "key that is not a string" },
        { "key twice", Dictionary(writer => writer.Text("x").Integer(1).Text("x").Integer(1)), "duplicate key 'x'" },
        { "no tensor", Dictionary(writer => writer.Text("epoch").Integer(3)), "'epoch' is not a tensor" },
        {
            "state of text",
            new PickleWriter().Protocol().Text("x").Opcode('}').Opcode('b').ToArray(),
            "sets the state"
        },
        {
            "items of text",
            new PickleWriter().Protocol().Text("x").Text("y").Text("z").Opcode('s').ToArray(),
            "adds items"
        },
        {
            "dictionary with arguments",
            new PickleWriter().Protocol().Global("collections", "OrderedDict").Integers(1).Opcode('R').ToArray(),
            "invalid arguments"
        },
        {
            "call of a storage type",
            new PickleWriter().Protocol().Global("torch", "FloatStorage").Opcode(')').Opcode('R').ToArray(),
            "invalid arguments"
        },
        { "persistent text", new PickleWriter().Protocol().Text("x").Opcode('Q').ToArray(), "not a tensor storage" },
        {
            "storage of a dictionary type",
            new PickleWriter().Protocol()
                .Tuple(writer => writer
                    .Text("storage").Global("collections", "OrderedDict").Text("0").Text("cpu").Integer(6))
                .Opcode('Q').ToArray(),
            "not a tensor storage"
        },
        { "negative storage", Tensor("0", -1, 0, [1], [1]), "not a tensor storage" },
        { "no such storage", Tensor("9", 6, 0, [6], [1]), "does not have the storage '9'" },
        { "path as storage", Tensor("../version", 1, 0, [1], [1]), "does not have the storage '../version'" },
        { "storage too short", Tensor("0", 7, 0, [7], [1]), "has 24 bytes for 7 elements" },
        {
            "storage of 2^62 elements",
            Tensor("0", 1L << 62, 0, [1L << 62], [1]),
            "has 24 bytes for 4611686018427387904"
        },
        { "beyond the storage", Tensor("0", 6, 1, [6], [1]), "not within the storage's 6 elements" },
        { "offset beyond", Tensor("0", 6, 7, [0], [1]), "not within the storage's 6 elements" },
        { "offset of 2^63", Tensor("0", 6, long.MaxValue, [1], [1]), "not within the storage" },
        { "negative offset", Tensor("0", 6, -1, [1], [1]), "invalid arguments" },
        { "negative size", Tensor("0", 6, 0, [-1], [1]), "invalid arguments" },
        { "negative stride", Tensor("0", 6, 5, [6], [-1]), "invalid arguments" },
        { "strides missing", Tensor("0", 6, 0, [2, 3], [1]), "invalid arguments" },
        { "too many dimensions", Tensor("0", 6, 0, Ones(17), Ones(17)), "invalid arguments" },
        { "far stride", Tensor("0", 6, 0, [2], [long.MaxValue]), "not within the storage" },
        {
            "far strides in all dimensions",
            Tensor("0", 6, 0, [2, 2, 1L << 40], [long.MaxValue, long.MaxValue, long.MaxValue]),
            "not within the storage"
        },
        { "size of 2^64", Tensor("0", 6, 0, [1L << 32, 1L << 32], [0, 0]), "more than 2^63 elements" },
        { "one element repeated", Tensor("0", 6, 0, [1 << 20, 1 << 10], [0, 0]), "not within the storage" },
    };

    [Theory]
    [MemberData(nameof(HostilePickles))]
    public void Open_HostilePickle_SaysWhatIsWrong(string what, byte[] pickle, string message)
    {
        Assert.NotEmpty(what);
        Assert.Contains(message, Refused(TorchWriter.Archive(pickle, SixFloats).ToArray()));
    }

    [Theory]
    [InlineData(new byte[] { (byte)'}' }, "a stack of more than")]
    [InlineData(new byte[] { (byte)'}', (byte)'q', 0, 0x85 }, "a stack of more than")]
    [InlineData(new byte[] { (byte)'(' }, "opcodes")]
    [InlineData(new byte[] { (byte)'(', (byte)'t', (byte)'(', (byte)'u' }, "adds items")]
    [InlineData(new byte[] { (byte)')', 0x85, 0x85, 0x85, 0x85, 0x85, 0x85, 0x85, 0x85 }, "opcodes")]
    public void Open_PickleThatRepeats_IsBounded(byte[] repeated, string message)
    {
        var start = new PickleWriter().Protocol().Opcode('}').ToArray();
        byte[] pickle = [.. start, .. Enumerable.Repeat(repeated, 900_000 / repeated.Length).SelectMany(part => part)];
        var archive = TorchWriter.Archive(pickle).ToArray();
        var path = _folder.Write("bad.bin", archive);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var error = Assert.Throws<ClipException>(() => PyTorchFile.Open(path));

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 100_000_000);
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void Open_DeepTuple_IsNotWalked()
    {
        byte[] pickle =
        [
            .. new PickleWriter().Protocol().Opcode('}').Text("x").Opcode(')').ToArray(),
            .. Enumerable.Repeat((byte)0x85, 400_000),
            (byte)'s', (byte)'.',
        ];

        Assert.Contains("'x' is not a tensor", Refused(TorchWriter.Archive(pickle).ToArray()));
    }

    [Fact]
    public void Open_DictionaryThatHoldsItself_IsRefused()
    {
        var pickle = new PickleWriter().Protocol().Opcode('}').Raw((byte)'q', 0)
            .Text("self").Raw((byte)'h', 0)
            .Opcode('s').Opcode('.').ToArray();

        Assert.Contains("'self' is not a tensor", Refused(TorchWriter.Archive(pickle).ToArray()));
    }

    [Fact]
    public void Open_HugePickle_IsRefused() =>
        Assert.Contains("are accepted", Refused(TorchWriter.Archive(new byte[5 << 20]).ToArray()));

    [Theory]
    [InlineData("../evil")]
    [InlineData("/evil")]
    [InlineData("archive/../../evil")]
    [InlineData("archive\\evil")]
    [InlineData("C:evil")]
    [InlineData("")]
    public void Open_EntryThatLeavesItsFolder_IsRefused(string name) =>
        Assert.Contains("is outside of its folder", Refused(SoundArchive().Add(name, [1]).ToArray()));

    [Fact]
    public void Open_OddArchives_AreRefused()
    {
        Assert.Contains("duplicate", Refused(SoundArchive().Add("archive/data/0", SixFloats).ToArray()));
        Assert.Contains("2 entries data.pkl", Refused(SoundArchive().Add("other/data.pkl", [1]).ToArray()));
        Assert.Contains("0 entries data.pkl", Refused(new ZipWriter().Add("x", [1]).ToArray()));
        Assert.Contains("0 entries data.pkl", Refused(new ZipWriter().ToArray()));
        Assert.Contains("TorchScript", Refused(SoundArchive().Add("archive/constants.pkl", [1]).ToArray()));
        Assert.Contains("little endian", Refused(SoundArchive().Add("archive/byteorder", "big"u8.ToArray()).ToArray()));
        Assert.Contains(
            "compressed (method 8)", Refused(SoundArchive().Add("bomb", [1], Set16(8, 8), Set16(10, 8)).ToArray()));
        Assert.Contains("encrypted", Refused(SoundArchive().Add("x", [1], null, Set16(8, 1)).ToArray()));
        Assert.Contains("is stored, but has", Refused(SoundArchive().Add("x", [1], null, Set32(20, 99)).ToArray()));
        Assert.Contains("not within the file", Refused(SoundArchive().Add("x", [1], null, bytes =>
        {
            Set32(20, 0x7FFFFFFF)(bytes);
            Set32(24, 0x7FFFFFFF)(bytes);
        }).ToArray()));
        Assert.Contains(
            "not within the file", Refused(SoundArchive().Add("x", [1], null, Set32(42, 0x7FFFFFFF)).ToArray()));
        Assert.Contains(
            "lacks its 64-bit sizes", Refused(SoundArchive().Add("x", [1], null, Set32(24, uint.MaxValue)).ToArray()));
        Assert.Contains(
            "different header at its data", Refused(SoundArchive().Add("x", [1], null, Set32(42, 0)).ToArray()));
        Assert.Contains("different header at its data", Refused(SoundArchive().Add("x", [1], Set32(0, 7)).ToArray()));
        Assert.Contains("different header at its data", Refused(SoundArchive().Add("x", [1], Set16(8, 8)).ToArray()));
        Assert.Contains("directory is damaged", Refused(SoundArchive().Add("x", [1], null, Set32(0, 7)).ToArray()));
        Assert.Contains(
            "directory is damaged", Refused(SoundArchive().Add("x", [1], null, Set16(30, 60_000)).ToArray()));
        Assert.Contains("which is not possible", Refused(SoundArchive().ToArray(Set16(10, 60_000))));
        Assert.Contains("not within the file", Refused(SoundArchive().ToArray(Set32(12, 0x7FFFFFFF))));
        Assert.Contains("not within the file", Refused(SoundArchive().ToArray(Set32(16, 0x7FFFFFFF))));
        Assert.Contains("zip64 locator is missing", Refused(SoundArchive().ToArray(Set32(16, uint.MaxValue))));
        Assert.Contains("not a zip archive", Refused(SoundArchive().ToArray(Set16(20, 5))));
    }

    [Fact]
    public void Open_OverlappingEntries_AreRefused()
    {
        // The second entry's data reaches over the third's header.
        var archive = new ZipWriter().Add("a", [1]).Add("b", [1], null, bytes =>
        {
            Set32(20, 100)(bytes);
            Set32(24, 100)(bytes);
        }).Add("c", new byte[200]);

        Assert.Contains("overlap", Refused(archive.ToArray()));
    }

    [Fact]
    public void Open_BrokenZip64Records_AreRefused()
    {
        var sound = SoundArchive().ToArray64();
        (int Offset, long Value)[] damages =
        [
            (22 + 12, long.MaxValue), (22 + 12, -1), (22 + 20 + 24, -1), (22 + 20 + 24, 1L << 60),
            (22 + 20 + 16, -5), (22 + 20 + 8, long.MinValue),
        ];
        foreach (var (offset, value) in damages)
        {
            var broken = sound.ToArray();
            BinaryPrimitives.WriteInt64LittleEndian(broken.AsSpan(broken.Length - offset), value);
            Refused(broken);
        }
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] Floats(params float[] values) => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    private static long[] Ones(int count) => [.. Enumerable.Repeat(1L, count)];

    private static byte[] Dictionary(Action<PickleWriter> items)
    {
        var writer = new PickleWriter().Protocol().Opcode('}').Opcode('(');
        items(writer);
        return writer.Opcode('u').Opcode('.').ToArray();
    }

    private static byte[] Tensor(string key, long elements, long offset, long[] shape, long[] strides) =>
        Dictionary(writer => writer.Text("a").Tensor("FloatStorage", key, elements, offset, shape, strides));

    private static ZipWriter SoundArchive() => TorchWriter.Archive(Tensor("0", 6, 0, [6], [1]), SixFloats);

    private static Action<byte[]> Set16(int offset, ushort value) =>
        bytes => BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(offset), value);

    private static Action<byte[]> Set32(int offset, uint value) =>
        bytes => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(offset), value);

    private PyTorchFile Open(byte[] bytes) => PyTorchFile.Open(_folder.Write("good.bin", bytes));

    private string Refused(byte[] bytes)
    {
        var path = _folder.Write("bad.bin", bytes);
        var error = Assert.Throws<ClipException>(() => PyTorchFile.Open(path));
        Assert.Equal(ClipErrorCode.InvalidInput, error.Code);
        Assert.StartsWith("bad.bin: ", error.Message);
        return error.Message;
    }
}
