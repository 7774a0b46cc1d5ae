using System.Buffers.Binary;
using System.Globalization;
using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Tensors;
using ClipGrpc.TestSupport;

namespace ClipGrpc.Tests.Models;

/// <summary>
/// Damages sound files at random and opens them: the only exception is ClipException, little is allocated, and every
/// tensor that is still given out can be read to its last byte. Two seconds a reader, or CLIPGRPC_FUZZ_SECONDS.
/// </summary>
public sealed class ReaderFuzzTests : IDisposable
{
    private const long AllocationLimit = 32 << 20;

    private readonly TemporaryFolder _folder = new();

    private static readonly ulong[] Extremes =
    [
        0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000,
        ulong.MaxValue,
    ];

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
        var seconds = double.Parse(
            Environment.GetEnvironmentVariable("CLIPGRPC_FUZZ_SECONDS") ?? "2", CultureInfo.InvariantCulture);
        var begin = TimeProvider.System.GetTimestamp();
        var path = _folder.PathOf(file);
        var refused = 0;
        for (var seed = 0; seed == 0 || TimeProvider.System.GetElapsedTime(begin).TotalSeconds < seconds; seed++)
        {
            var random = new Random(seed);
            File.WriteAllBytes(path, Damage(sound[seed % sound.Length], random));
            var before = GC.GetAllocatedBytesForCurrentThread();
            var error = Record.Exception(() => read(path));
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(error is null or ClipException, $"Seed {seed} of {file}: {error}");
            Assert.True(allocated < AllocationLimit, $"Seed {seed} of {file} allocated {allocated} bytes.");
            refused += error is null ? 0 : 1;
        }

        Assert.True(refused > 0, $"No damage to {file} was noticed.");
    }

    /// <summary>
    /// Makes one to four changes: a byte, an extreme number, or a part that is cut, duplicated or moved; mostly in the
    /// first or last kilobytes, which hold the structure.
    /// </summary>
    private static byte[] Damage(byte[] sound, Random random)
    {
        var bytes = sound.ToArray();
        for (var i = random.Next(1, 5); i > 0 && bytes.Length > 8; i--)
        {
            var position = Position(bytes.Length, random);
            var end = position + random.Next(1, Math.Min(64, bytes.Length - position) + 1);
            switch (random.Next(7))
            {
                case 0: bytes[position] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[position] = (byte)random.Next(256); break;
                case 2: WriteExtreme(bytes, Math.Min(position, bytes.Length - 8), random); break;
                case 3: bytes = [.. bytes[..position], .. bytes[end..]]; break;
                case 4: bytes = [.. bytes[..end], .. bytes[position..]]; break;
                case 5:
                    var target = Math.Min(Position(bytes.Length, random), bytes.Length - (end - position));
                    bytes.AsSpan(position, end - position).CopyTo(bytes.AsSpan(target));
                    break;
                default: bytes[position] = (byte)"0123456789-.eE{}[]\",:"[random.Next(21)]; break;
            }
        }

        return bytes;
    }

    private static int Position(int length, Random random) => random.Next(4) switch
    {
        0 => random.Next(length),
        1 => length - 1 - random.Next(Math.Min(length, 1500)),
        _ => random.Next(Math.Min(length, 1500)),
    };

    private static void WriteExtreme(byte[] bytes, int position, Random random)
    {
        var value = Extremes[random.Next(Extremes.Length)];
        switch (random.Next(3))
        {
            case 0: BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(position), (ushort)value); break;
            case 1: BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(position), (uint)value); break;
            default: BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(position), value); break;
        }
    }
}
