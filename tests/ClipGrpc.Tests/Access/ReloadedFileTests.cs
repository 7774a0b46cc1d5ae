using System.Text;
using ClipGrpc.Server.Access;
using ClipGrpc.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.Tests.Access;

public sealed class ReloadedFileTests : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(200);

    private readonly FakeTimeProvider _clock = new();
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _changes = [];

    private string FilePath => Path.Combine(_folder.Path, "value");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Value_FileReplaced_IsTheNewOneAfterTheInterval()
    {
        File.WriteAllText(FilePath, "one");
        using var file = Open();
        Assert.Equal("one", file.Value);

        File.WriteAllText(FilePath, "two");
        Look();
        Assert.Equal("two", file.Value);
        Assert.Equal(["two"], _changes);
    }

    [Fact]
    public void Value_SameSizeAndTime_IsNoticed()
    {
        File.WriteAllText(FilePath, "one");
        var time = File.GetLastWriteTimeUtc(FilePath);
        using var file = Open();
        File.WriteAllText(FilePath, "two");
        File.SetLastWriteTimeUtc(FilePath, time);
        Look();
        Assert.Equal("two", file.Value);
    }

    [Fact]
    public void Value_FileBrokenOrGone_StaysTheLastGoodOne()
    {
        File.WriteAllText(FilePath, "one");
        using var file = Open();
        File.WriteAllText(FilePath, "bad");
        Look();
        Assert.Equal("one", file.Value);

        File.Delete(FilePath);
        Look();
        Assert.Equal("one", file.Value);

        File.WriteAllText(FilePath, "two");
        Look();
        Assert.Equal("two", file.Value);
        Assert.Equal(["two"], _changes);
    }

    [Fact]
    public void Create_BrokenFile_IsAnErrorWithItsName()
    {
        File.WriteAllText(FilePath, "bad");
        var exception = Assert.Throws<ClipException>(Open);
        Assert.Contains(FilePath, exception.Message, StringComparison.Ordinal);
        Assert.Contains("not good", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_MissingFile_IsAnErrorWithItsName() =>
        Assert.Contains(FilePath, Assert.Throws<ClipException>(Open).Message, StringComparison.Ordinal);

    [Fact]
    public void Value_FileStillBeingWritten_StaysUntilItIsWhole()
    {
        File.WriteAllText(FilePath, "one");
        using var file = Open();
        File.WriteAllText(FilePath, "");
        _clock.Advance(Interval);
        Assert.Equal("one", file.Value);

        File.WriteAllText(FilePath, "two");
        _clock.Advance(Settling);
        Assert.Equal("one", file.Value);
        _clock.Advance(Settling);
        Assert.Equal("two", file.Value);
        Assert.Equal(["two"], _changes);
    }

    /// <summary>One look at the file, and the second one if it has changed.</summary>
    private void Look()
    {
        _clock.Advance(Interval);
        _clock.Advance(Settling);
    }

    private ReloadedFile<string> Open() => new(
        "Values", [FilePath],
        files => Encoding.UTF8.GetString(files[0]) is var text && text == "bad"
            ? throw new ClipException(ClipErrorReason.InvalidSetting, "not good")
            : text,
        Interval, _clock, NullLogger.Instance, _changes.Add);
}
