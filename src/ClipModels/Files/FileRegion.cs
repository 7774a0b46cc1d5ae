namespace ClipGrpc.Models.Files;

/// <summary>Bytes of a file.</summary>
/// <param name="Path">Absolute, links resolved.</param>
internal sealed record FileRegion(string Path, long Offset, long Length)
{
    public FileRegion Slice(long start, long length) => new(Path, Offset + start, length);
}
