using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Files;

namespace ClipGrpc.LoadTest.Startup;

/// <summary>The files that a checkpoint's weights lie in, read as fast as this machine reads.</summary>
internal sealed class WeightFiles
{
    private const int BufferLength = 1 << 20;

    private readonly IReadOnlyList<string> _paths;

    /// <exception cref="ClipException">The folder has no sound checkpoint.</exception>
    public WeightFiles(string folder)
    {
        using var checkpoint = ClipCheckpoint.Open(folder);
        _paths = [.. checkpoint.WeightFiles.Select(name => Path.Combine(folder, name))];
        Bytes = _paths.Sum(path => new FileInfo(path).Length);
        SingleBytes = checkpoint.Parameters * sizeof(float);
    }

    /// <summary>Of the files.</summary>
    public long Bytes { get; }

    /// <summary>Of the weights as float32.</summary>
    public long SingleBytes { get; }

    /// <summary>The time to read all files twice, from beginning to end.</summary>
    /// <param name="cold">The system is asked to forget them before each time.</param>
    public TimeSpan ReadTwice(bool cold, TimeProvider time)
    {
        var sum = TimeSpan.Zero;
        for (var i = 0; i < 2; i++)
        {
            if (cold)
                Forget([]);
            var start = time.GetTimestamp();
            foreach (var path in _paths)
                Read(path);
            sum += time.GetElapsedTime(start);
        }

        return sum;
    }

    /// <summary>
    /// Has the page cache forget the weights and other files; of no effect on other systems than Linux.
    /// </summary>
    public void Forget(IEnumerable<string> others)
    {
        foreach (var path in _paths.Concat(others))
            FileAdvice.Forget(path);
    }

    private static void Read(string path)
    {
        using var file = File.OpenHandle(path, options: FileOptions.SequentialScan);
        var buffer = GC.AllocateUninitializedArray<byte>(BufferLength);
        for (long position = 0, read; (read = RandomAccess.Read(file, buffer, position)) > 0; position += read)
        {
        }
    }
}
