using ClipGrpc.Models.Checkpoints.PyTorch;
using ClipGrpc.Models.Tensors;

namespace ClipGrpc.Tests.Models;

/// <summary>
/// A file written by PyTorch 1.13 (TestData/torch/make_odd.py) that holds everything that is legal but unusual.
/// </summary>
public sealed class PyTorchGoldenTests
{
    public static TheoryData<string, string, long[], float[]> Tensors => new()
    {
        { "weight", "Float32", [4, 6], Range(0, 24) },
        { "part.weight", "Float32", [1, 2], [1.5f, -2.5f] },
        { "part.bias", "Float32", [1], [0.25f] },
        { "parameter", "Float32", [4, 6], Range(0, 24) },
        { "view", "Float32", [2, 2, 2], [4, 6, 8, 10, 16, 18, 20, 22] },
        {
            "transposed",
            "Float32",
            [6, 4],
            [0, 6, 12, 18, 1, 7, 13, 19, 2, 8, 14, 20, 3, 9, 15, 21, 4, 10, 16, 22, 5, 11, 17, 23]
        },
        {
            "permuted",
            "Float32",
            [4, 2, 3],
            [0, 4, 8, 12, 16, 20, 1, 5, 9, 13, 17, 21, 2, 6, 10, 14, 18, 22, 3, 7, 11, 15, 19, 23]
        },
        { "tail", "Float32", [4], [20, 21, 22, 23] },
        { "channels_last", "Float32", [1, 2, 3, 4], Range(0, 24) },
        { "half", "Float16", [5], Range(0, 5) },
        { "bfloat16", "BFloat16", [5], Range(0, 5) },
        { "scalar", "Float32", [], [4.5f] },
        { "empty", "Float32", [0, 3], [] },
    };

    [Theory]
    [MemberData(nameof(Tensors))]
    public void Get_FileOfPyTorch_GivesItsValues(string name, string type, long[] shape, float[] values)
    {
        using var file = Open();

        var tensor = file.Get(name);

        Assert.Equal(Enum.Parse<TensorType>(type), tensor.Type);
        Assert.Equal(shape, tensor.Shape);
        Assert.Equal(values, TensorConverter.ToFloat32(tensor));
    }

    [Fact]
    public void Names_FileOfPyTorch_AreThoseOfTheModuleAndTheRest()
    {
        using var file = Open();

        Assert.Equal([.. Tensors.Select(row => row.Data.Item1).Append("long").Order()], file.Names.Order());
        Assert.Equal(new byte[] { 3, 0, 0, 0, 0, 0, 0, 0 }, file.Get("long").Data.Slice(24, 8).ToArray());
    }

    private static float[] Range(int start, int count) =>
        [.. Enumerable.Range(start, count).Select(value => (float)value)];

    private static PyTorchFile Open() =>
        PyTorchFile.Open(Path.Combine(AppContext.BaseDirectory, "TestData", "torch", "odd.bin"));
}
