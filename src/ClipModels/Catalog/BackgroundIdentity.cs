using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Files;
using ClipGrpc.Models.Hub;

namespace ClipGrpc.Models.Catalog;

/// <summary>
/// Computes a model's identity while its towers are being loaded: hashing gigabytes takes as long as that. It has a
/// thread of its own, because a file system that does not respond keeps it.
/// </summary>
internal sealed class BackgroundIdentity : IDisposable
{
    private readonly ModelContent _content;
    private readonly CancellationTokenSource _ended = new();
    private readonly Task<string> _identity;

    public BackgroundIdentity(ModelContent content, ClipConfig config, Precision precision, DigestMemo memo)
    {
        _content = content;
        var ended = _ended.Token;
        _identity = Task.Factory.StartNew(
            () => ModelIdentity.Compute(
                content.ComputeDigest(memo, SnapshotVerifier.CheckBlob, ended), config, precision),
            ended, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Waits for the identity. It is that of the files that were opened, or none.</summary>
    /// <exception cref="ClipException">A file has changed since, cannot be read, or is damaged.</exception>
    public string Get()
    {
        var identity = _identity.GetAwaiter().GetResult();
        _content.CheckUnchanged();
        return identity;
    }

    public void Dispose()
    {
        _ended.Cancel();

        // Nobody waits for it any more; what it failed with is observed here.
        _identity.ContinueWith(
            static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted,
            TaskScheduler.Default);
    }
}
