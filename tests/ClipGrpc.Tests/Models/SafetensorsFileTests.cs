using System.Text;
using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Checkpoints.Safetensors;
using ClipGrpc.Models.Tensors;
using ClipGrpc.TestSupport;

namespace ClipGrpc.Tests.Models;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Header, data bytes, and what the message says.</summary>
    public static TheoryData<string, int, string> HostileHeaders => new()
    {
        { "", 0, "not valid JSON" },
        { "[]", 0, "the header is not a JSON object" },
        { "{", 0, "not valid JSON" },
        { "{}{}", 0, "not valid JSON" },
        { "{} x", 0, "not valid JSON" },
        { """{"a":1}""", 0, "tensor 'a' is not a JSON object" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}""", 4, "not valid JSON" },
        { """{"a":{}}""", 0, "needs dtype, shape and two data_offsets" },
        { """{"a":{"dtype":"F32","shape":[1]}}""", 4, "needs dtype, shape" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", 4, "needs dtype, shape" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,2,4]}}""", 4, "needs dtype, shape" },
        { """{"a":{"dtype":7,"shape":[1],"data_offsets":[0,4]}}""", 4, "the dtype of tensor 'a' is not a JSON string" },
        {
            """{"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}""",
            4, "the shape of tensor 'a' is not a JSON array"
        },
        { """{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}""", 4, "must hold integers" },
        { """{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", 4, "must hold integers" },
        { """{"a":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}""", 4, "must hold integers" },
        { """{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "must hold integers" },
        { """{"a":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}}""", 4, "must hold integers" },
        { """{"a":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,4]}}""", 4, "must hold integers" },
        {
            """{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}""",
            4, "more than 16 values"
        },
        {
            """{"a":{"dtype":"F32","shape":[9223372036854775807,2],"data_offsets":[0,4]}}""",
            4, "more than 2^63 elements"
        },
        {
            """{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""",
            0, "more than 2^63 elements"
        },
        { """{"a":{"dtype":"F32","shape":[2305843009213693952],"data_offsets":[0,0]}}""", 0, "has 0 bytes" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "has 4 bytes" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,3]}}""", 3, "has 3 bytes" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,9223372036854775807]}}""", 4, "ends beyond" },
        {
            """{"a":{"dtype":"F32","shape":[1],"data_offsets":[9223372036854775803,9223372036854775807]}}""",
            4, "ends beyond"
        },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "ends before it begins" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 3, "ends beyond" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 5, "the tensors end at 4, the data at 5" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}}""", 5, "leaves a gap after 0" },
        {
            """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":"""
            + """{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}""",
            6, "overlaps"
        },
        {
            """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":"""
            + """{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""",
            4, "overlaps"
        },
        {
            """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":"""
            + """{"dtype":"F32","shape":[1],"data_offsets":[6,10]}}""",
            10, "leaves a gap after 4"
        },
        {
            """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":"""
            + """{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""",
            4, "has a duplicate 'a'"
        },
        {
            """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\u0061":"""
            + """{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""",
            4, "has a duplicate 'a'"
        },
        { """{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "has a duplicate dtype" },
        { """{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}""", 4, "has a duplicate shape" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"extra":1}}""", 4, "unknown key 'extra'" },
        { """{"__metadata__":{"a":1}}""", 0, "a value of __metadata__ is not a JSON string" },
        { """{"__metadata__":[]}""", 0, "__metadata__ is not a JSON object" },
        { """{"__metadata__":{},"__metadata__":{}}""", 0, "has a duplicate '__metadata__'" },
        { """{"\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "not valid JSON" },
    };

    [Theory]
    [MemberData(nameof(HostileHeaders))]
    public void Open_HostileHeader_SaysWhatIsWrong(string header, int dataLength, string message)
    {
        var path = _folder.Write("bad.safetensors", SafetensorsWriter.Raw(header, new byte[dataLength]));

        var error = Assert.Throws<ClipException>(() => SafetensorsFile.Open(path));

        Assert.Equal(ClipErrorCode.InvalidInput, error.Code);
        Assert.StartsWith("bad.safetensors: ", error.Message);
        Assert.Contains(message, error.Message);
    }

    [Theory]
    [InlineData(0xFFFFFFFFFFFFFFFF)]
    [InlineData(0x8000000000000000)]
    [InlineData(0x7FFFFFFFFFFFFFFF)]
    [InlineData(0x7FFFFFFFFFFFFFF8)]
    [InlineData(100)]
    public void Open_HeaderLengthBeyondTheFile_IsRefused(ulong length)
    {
        var path = _folder.Write("bad.safetensors", [.. BitConverter.GetBytes(length), .. "{}"u8]);

        Assert.Contains("truncated", Assert.Throws<ClipException>(() => SafetensorsFile.Open(path)).Message);
    }

    [Fact]
    public void Open_HugeHeader_IsRefusedBeforeItIsRead()
    {
        var path = _folder.Write(
            "bad.safetensors", SafetensorsWriter.Raw(new byte[SafetensorsHeader.MaxLength + 1], []));

        Assert.Contains("are accepted", Assert.Throws<ClipException>(() => SafetensorsFile.Open(path)).Message);
    }

    [Fact]
    public void Open_DeepJson_IsRefusedWithoutRecursion()
    {
        var header = """{"a":""" + new string('[', 1_000_000);
        var path = _folder.Write("bad.safetensors", SafetensorsWriter.Raw(header, []));

        Assert.Throws<ClipException>(() => SafetensorsFile.Open(path));
    }

    [Fact]
    public void Open_TextThatIsNotUtf8_IsRefused()
    {
        byte[] header = [.. "{\""u8, 0xC3, 0x28, .. "\":{}}"u8];
        var path = _folder.Write("bad.safetensors", SafetensorsWriter.Raw(header, []));

        Assert.Throws<ClipException>(() => SafetensorsFile.Open(path));
    }

    [Fact]
    public void Open_CutAnywhere_IsRefused()
    {
        var bytes = SafetensorsWriter.Write(
            TestTensor.Of("a", TensorType.Float32, [2, 2], [1, 2, 3, 4]),
            TestTensor.Of("b", TensorType.Float16, [], [5]));
        for (var length = 0; length < bytes.Length; length++)
        {
            var path = _folder.Write("cut.safetensors", bytes[..length]);
            Assert.Throws<ClipException>(() => SafetensorsFile.Open(path));
        }
    }

    [Fact]
    public void Get_TypesOfAllKinds_GivesThoseThatAreSupported()
    {
        const string header = """
            {"f":{"dtype":"F32","shape":[2],"data_offsets":[11,19]},
             "x":{"dtype":"F8_E4M3","shape":[3],"data_offsets":[0,3]},
             "y":{"dtype":"MX4","shape":[9],"data_offsets":[3,11]},
             "e":{"dtype":"BF16","shape":[0,7],"data_offsets":[19,19]}}
            """;
        byte[] data = [.. new byte[11], .. BitConverter.GetBytes(1.5f), .. BitConverter.GetBytes(-2f)];
        using var file = SafetensorsFile.Open(
            _folder.Write("a.safetensors", SafetensorsWriter.Raw(header + "  ", data)));

        Assert.Equal([1.5f, -2f], TensorConverter.ToFloat32(file.Get("f")));
        Assert.Empty(TensorConverter.ToFloat32(file.Get("e")));
        Assert.Null(file.Describe("y").Type);
        Assert.Contains("unsupported type 'MX4'", Assert.Throws<ClipException>(() => file.Get("y")).Message);
        Assert.Contains("unsupported type 'F8_E4M3'", Assert.Throws<ClipException>(() => file.Get("x")).Message);
        Assert.Equal(ClipErrorCode.NotFound, Assert.Throws<ClipException>(() => file.Get("z")).Code);
    }

    [Fact]
    public void Open_HostileName_IsQuotedSafely()
    {
        var header = "{\"" + new string('x', 5000) + "\\u001b[31m\":3}";
        var path = _folder.Write("bad.safetensors", SafetensorsWriter.Raw(header, []));

        var message = Assert.Throws<ClipException>(() => SafetensorsFile.Open(path)).Message;

        Assert.True(message.Length < 300);
        Assert.DoesNotContain('\u001b', message);
    }

    [Theory]
    [InlineData("""{"weight_map":{"a":"../x.safetensors"}}""", "not in a file of this folder")]
    [InlineData("""{"weight_map":{"a":"/etc/passwd"}}""", "not in a file of this folder")]
    [InlineData("""{"weight_map":{"a":"..\\x.safetensors"}}""", "not in a file of this folder")]
    [InlineData("""{"weight_map":{"a":""}}""", "not in a file of this folder")]
    [InlineData("""{"weight_map":{"a":7}}""", "not in a file of this folder")]
    [InlineData("""{"weight_map":{"a":"absent.safetensors"}}""", "no file absent.safetensors")]
    [InlineData("""{"weight_map":{"a":"x.exe"}}""", "'.exe' files are not supported")]
    [InlineData("""{"weight_map":{"b":"good.safetensors"}}""", "tensor 'b' is not in 'good.safetensors'")]
    [InlineData("""{"weight_map":{"a":"good.safetensors","a":"good.safetensors"}}""", "not valid JSON")]
    [InlineData("""{"weight_map":{"\ud800":"good.safetensors"}}""", "not valid JSON")]
    [InlineData("""{"weight_map":[]}""", "no object 'weight_map'")]
    [InlineData("""{}""", "no object 'weight_map'")]
    [InlineData("""[]""", "not a JSON object")]
    [InlineData("", "not valid JSON")]
    public void OpenShards_HostileIndex_SaysWhatIsWrong(string index, string message)
    {
        _folder.Write("good.safetensors", SafetensorsWriter.Write(TestTensor.Of("a", TensorType.Float32, [1], [1])));
        var path = _folder.Write("model.safetensors.index.json", Encoding.UTF8.GetBytes(index));

        Assert.Contains(message, Assert.Throws<ClipException>(() => CheckpointFiles.Open(path)).Message);
    }

    public void Dispose() => _folder.Dispose();
}
