using System.Text;
using ClipGrpc.Models.Files;
using ClipGrpc.TestSupport;

namespace ClipGrpc.Tests.Models.Files;

public sealed class RegularFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Slice_PartsOfAFile_AreItsBytes()
    {
        var bytes = new byte[3 * Environment.SystemPageSize + 7];
        new Random(1).NextBytes(bytes);
        using var file = RegularFile.Open(_folder.Write("bytes", bytes));

        var slice = file.Slice(5, bytes.Length - 6);

        Assert.Equal(bytes.Length - 6, slice.Length);
        Assert.Equal(bytes[5..^1], slice.ToArray());
        Assert.Equal(bytes[1005..2005], slice[1000..2000].ToArray());
        Assert.Equal(0, file.Slice(bytes.Length, 0).Length);
    }

    [Fact]
    public unsafe void Pin_Slice_IsItsBytes()
    {
        using var file = RegularFile.Open(_folder.Write("bytes", [1, 2, 3, 4]));
        using var handle = file.Slice(1, 3)[1..].Pin();

        Assert.Equal([3, 4], new ReadOnlySpan<byte>(handle.Pointer, 2).ToArray());
    }

    [Fact(Timeout = 30_000)]
    public async Task Open_Fifo_IsRefusedAtOnce()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The kind of a file is asked for on Linux.");
        UnixFiles.CreateFifo(_folder.PathOf("weights"));

        var error = await Assert.ThrowsAsync<ClipException>(
            () => Task.Run(() => RegularFile.Open(_folder.PathOf("weights")))).WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(ClipErrorCode.InvalidInput, error.Code);
        Assert.Equal("weights: this is a FIFO; models are read from regular files only.", error.Message);
    }

    [Fact]
    public void Open_DirectoryOrDevice_IsRefused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The kind of a file is asked for on Linux.");
        Directory.CreateDirectory(_folder.PathOf("folder.json"));
        File.CreateSymbolicLink(_folder.PathOf("link.json"), "/dev/zero");

        Assert.Contains("is a directory", Refusal("folder.json"), StringComparison.Ordinal);
        Assert.StartsWith("link.json: this is a device", Refusal("link.json"), StringComparison.Ordinal);

        string Refusal(string name) =>
            Assert.Throws<ClipException>(() => RegularFile.Open(_folder.PathOf(name))).Message;
    }

    [Fact]
    public void Open_NoFile_IsNotFound() => Assert.Equal(
        ClipErrorCode.NotFound,
        Assert.Throws<ClipException>(() => RegularFile.Open(_folder.PathOf("nothing"))).Code);

    [Fact]
    public void Read_TruncatedMeanwhile_IsAnError()
    {
        var path = _folder.Write("weights", new byte[100_000]);
        using var file = RegularFile.Open(path);
        var slice = file.Slice(50_000, 1000);
        using (var stream = File.OpenWrite(path))
            stream.SetLength(10);

        var error = Assert.Throws<ClipException>(() => slice.Span[0]);

        Assert.StartsWith("weights: the file has changed", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("overwritten")]
    [InlineData("replaced")]
    [InlineData("removed")]
    public void CheckUnchanged_FileIsAnother_IsRefused(string how)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems keep no change time.");
        var path = _folder.Write("weights", "aaaa");
        var time = File.GetLastWriteTimeUtc(path);
        using var file = RegularFile.Open(path);
        file.CheckUnchanged();

        if (how == "overwritten")
            Rewrite(path, time);
        else if (how == "replaced")
            File.Move(_folder.Write("new", "aaaa"), path, overwrite: true);
        else
            File.Delete(path);

        Assert.Throws<ClipException>(file.CheckUnchanged);
    }

    [Fact]
    public void OfPath_EqualLengthAndModificationTime_DiffersAfterAWrite()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems keep no change time.");
        var path = _folder.Write("weights", "aaaa");
        var time = File.GetLastWriteTimeUtc(path);
        File.SetLastWriteTimeUtc(path, time);
        var before = FileStamp.OfPath(path, "weights")!.Value;
        Rewrite(path, time);
        var after = FileStamp.OfPath(path, "weights")!.Value;

        Assert.Equal((before.Length, before.Modified, before.Inode), (after.Length, after.Modified, after.Inode));
        Assert.NotEqual(before, after);
    }

    [Fact]
    public void Take_FilesOfOurOwn_CannotBeOpenedForWritingMeanwhile()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Leases are Linux's.");
        var path = _folder.Write("weights", "aaaa");
        using (var lease = FileLease.Take([path]))
        {
            Assert.SkipUnless(lease.Count == 1, "The file system of the temporary folder has no leases.");
            Assert.False(UnixFiles.TryOpenForWriting(path));
        }

        Assert.True(UnixFiles.TryOpenForWriting(path));
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("123456789", 0xE3069283)]
    [InlineData("The quick brown fox jumps over the lazy dog", 0x22620404)]
    public void Crc32C_KnownTexts_HaveTheStandardsValues(string text, uint expected)
    {
        var bytes = Encoding.ASCII.GetBytes(text);

        Assert.Equal(expected, Crc32C.Append(0, bytes));
        Assert.Equal(
            expected,
            Crc32C.Append(Crc32C.Append(0, bytes.AsSpan(0, bytes.Length / 3)), bytes.AsSpan(bytes.Length / 3)));
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>As <c>cp -p</c> does: other content of the same length, under the same modification time.</summary>
    private static void Rewrite(string path, DateTime time)
    {
        // The clock of a file system ticks every few milliseconds.
        var before = FileStamp.OfPath(path, "weights")!.Value.Changed;
        do
        {
            File.WriteAllText(path, "bbbb");
            File.SetLastWriteTimeUtc(path, time);
        }
        while (FileStamp.OfPath(path, "weights")!.Value.Changed == before);
    }
}
