using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Tensors;
using ClipGrpc.TestSupport;

namespace ClipGrpc.Tests.Fuzzing;

/// <summary>
/// Damages sound files at random and opens them: see <see cref="Fuzzer"/>; and every tensor that is still given out can
/// be read to its last byte.
/// </summary>
public sealed class ReaderFuzzTests(ITestOutputHelper output) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Safetensors_Damaged_IsRefusedOrRead() =>
        Fuzz(
            "fuzz.safetensors",
            [SafetensorsWriter.Write(SomeTensors()), SafetensorsWriter.Write(TinyCheckpoint.OpenClip())],
            OpenAndRead);

    [Fact]
    public void PyTorch_Damaged_IsRefusedOrRead()
    {
        var odd = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "TestData", "torch", "odd.bin"));
        Fuzz("fuzz.bin", [TorchWriter.Write(SomeTensors()), odd], OpenAndRead);
    }

    [Fact]
    public void Index_Damaged_IsRefusedOrRead()
    {
        _folder.Write("a.safetensors", SafetensorsWriter.Write(SomeTensors()));
        Fuzz(
            "fuzz.index.json",
            ["""{"metadata":{"total_size":3},"weight_map":{"a":"a.safetensors","b":"a.safetensors"}}"""u8.ToArray()],
            OpenAndRead);
    }

    [Fact]
    public void Configurations_Damaged_AreRefusedOrRead()
    {
        Fuzz(
            OpenClipConfig.FileName,
            [System.Text.Encoding.UTF8.GetBytes(TinyCheckpoint.OpenClipJson)],
            _ => OpenClipConfig.Read(_folder.Path));
        TinyCheckpoint.WriteTransformersConfig(_folder);
        Fuzz(
            TransformersConfig.FileName,
            [System.Text.Encoding.UTF8.GetBytes(TinyCheckpoint.TransformersJson)],
            _ => TransformersConfig.Read(_folder.Path));
    }

    public void Dispose() => _folder.Dispose();

    private static TestTensor[] SomeTensors() =>
    [
        TestTensor.Of("a", TensorType.Float32, [2, 3], [1, 2, 3, 4, 5, 6]),
        TestTensor.Of("b", TensorType.BFloat16, [4], [1, 2, 3, 4]),
        TestTensor.Of("c", TensorType.Float16, [], [1]),
        TestTensor.Of("d", TensorType.Int64, [1, 2], [7, 8]),
    ];

    private static void OpenAndRead(string path)
    {
        using var source = CheckpointFiles.Open(path);
        foreach (var name in source.Names.Where(name => source.Describe(name).Type is not null))
        {
            var tensor = source.Get(name);
            Assert.True(TensorTypes.TryCountElements(tensor.Shape.AsSpan(), out var elements));
            Assert.Equal(elements * tensor.Type.Size(), tensor.Data.Length);
            tensor.Data.ToArray();
        }
    }

    private void Fuzz(string file, byte[][] sound, Action<string> read)
    {
        var path = _folder.PathOf(file);
        var (runs, refused) = Fuzzer.Run(file, random =>
        {
            File.WriteAllBytes(path, Mutation.Damage(sound[random.Next(sound.Length)], random));
            return () => read(path);
        });

        Assert.True(refused > 0, $"No damage to {file} was noticed.");
        output.WriteLine($"{file}: {runs:N0} runs, {refused:N0} refused");
    }
}
