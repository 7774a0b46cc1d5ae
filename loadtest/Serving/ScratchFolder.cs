namespace ClipGrpc.LoadTest.Serving;

/// <summary>A folder for the files of one measurement; removed with all of them.</summary>
internal sealed class ScratchFolder(string purpose) : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory($"clip-{purpose}-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
