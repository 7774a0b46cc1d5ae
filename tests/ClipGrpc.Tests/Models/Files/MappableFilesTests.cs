using ClipGrpc.Models.Files;
using ClipGrpc.TestSupport;

namespace ClipGrpc.Tests.Models.Files;

/// <summary>The kernel grants no lease on a file that somebody has open for writing.</summary>
public sealed class MappableFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TemporaryFolder _temporary = new();
    private readonly string _path;

    public MappableFilesTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Leases are Linux's.");
        _path = _folder.Write("weights", "aaaa");
    }

    [Fact]
    public void PathOf_FileUnderALease_IsTheFile()
    {
        using var files = Take();
        Assert.SkipUnless(files.AreInPlace, "The file system of the temporary folder has no leases.");

        Assert.Equal(_path, files.PathOf(_path));
        Assert.Empty(Copies());
    }

    [Fact]
    public void PathOf_FileWithoutALease_IsACopyThatATruncationDoesNotReach()
    {
        using var writer = OpenForWriting();
        using (var files = Take())
        {
            var copy = files.PathOf(_path);
            writer.SetLength(0);

            Assert.False(files.AreInPlace);
            Assert.Equal([copy], Copies());
            Assert.EndsWith("/parts/copy", copy, StringComparison.Ordinal);
            Assert.Equal("aaaa", File.ReadAllText(copy!));
            Assert.Equal(copy, files.PathOf(_path));
        }

        Assert.Empty(Copies());
    }

    [Fact]
    public void PathOf_NoRoomForACopy_IsNull()
    {
        using var writer = OpenForWriting();
        using var files = MappableFiles.Take([(_path, "copy")], Path.Combine(_path, "no-folder"));

        Assert.Null(files.PathOf(_path));
    }

    [Fact]
    public void PathOf_FileThatWasNotTaken_IsNull()
    {
        using var files = Take();

        Assert.Null(files.PathOf(_folder.Write("other", "b")));
    }

    public void Dispose()
    {
        _folder.Dispose();
        _temporary.Dispose();
    }

    private MappableFiles Take() => MappableFiles.Take([(_path, "parts/copy")], _temporary.Path);

    private FileStream OpenForWriting() =>
        new(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);

    private string[] Copies() => Directory.GetFiles(_temporary.Path, "*", SearchOption.AllDirectories);
}
