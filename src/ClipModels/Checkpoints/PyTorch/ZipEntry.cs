namespace ClipGrpc.Models.Checkpoints.PyTorch;

/// <summary>A file stored uncompressed in a zip archive; <paramref name="Offset"/> is where its bytes are.</summary>
internal sealed record ZipEntry(string Name, long Offset, long Length);
