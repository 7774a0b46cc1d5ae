namespace ClipGrpc.Cli.Storage;

/// <summary>A file that has another name until it is whole and on the disk.</summary>
internal sealed class PendingFile : IDisposable
{
    private readonly string _path;
    private readonly string _temporaryPath;

    public PendingFile(string path)
    {
        _path = path;
        _temporaryPath = path + ".tmp";
        Stream = new FileStream(_temporaryPath, FileMode.Create, FileAccess.ReadWrite, FileShare.Read);
    }

    public FileStream Stream { get; }

    public void Commit()
    {
        Stream.Flush(flushToDisk: true);
        Stream.Dispose();
        File.Move(_temporaryPath, _path, overwrite: true);
    }

    public void Dispose()
    {
        Stream.Dispose();
        File.Delete(_temporaryPath);
    }
}
