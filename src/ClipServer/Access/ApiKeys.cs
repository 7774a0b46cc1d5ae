using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Access;

/// <summary>The API keys of a file, and the callers that have them.</summary>
internal sealed class ApiKeys : IDisposable
{
    /// <summary>Longer than any key that `clip key create` makes, and short enough to hash for everybody.</summary>
    private const int MaxKeyLength = 1024;

    private readonly TimeProvider _time;
    private readonly ReloadedFile<IReadOnlyList<ApiKey>>? _file;
    private volatile IReadOnlyList<(ApiKey Key, Caller Caller)> _callers = [];

    /// <exception cref="ClipException">The file cannot be read.</exception>
    public ApiKeys(IOptions<AccessOptions> options, TimeProvider time, ILogger<ApiKeys> logger)
    {
        _time = time;
        if (options.Value.ApiKeysFile is not { } path)
            return;

        _file = new ReloadedFile<IReadOnlyList<ApiKey>>(
            "API keys", [path], files => ApiKeyFile.Parse(files[0]), options.Value.ReloadInterval, time, logger,
            Replace);
        Replace(_file.Value);
    }

    public bool IsConfigured => _file is not null;

    /// <summary>
    /// The caller with a key. Compares digests, each whole and all of them, so that the time it takes says nothing
    /// about the keys.
    /// </summary>
    public Caller? Find(string key)
    {
        if (key.Length > MaxKeyLength)
            return null;

        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(key));
        Caller? found = null;
        foreach (var (known, caller) in _callers)
        {
            if (CryptographicOperations.FixedTimeEquals(known.Digest.Span, digest))
                found = caller;
        }

        return found;
    }

    public void Dispose() => _file?.Dispose();

    /// <summary>A key whose limits stay keeps what it has used of them.</summary>
    private void Replace(IReadOnlyList<ApiKey> keys)
    {
        var before = _callers.ToDictionary(pair => pair.Key.Name, StringComparer.Ordinal);
        _callers =
        [
            .. keys.Select(key => (key, new Caller(key.Name, key.Name, key.Roles)
            {
                Limits = before.TryGetValue(key.Name, out var old) && old.Key.HasSameLimits(key)
                    ? old.Caller.Limits
                    : CreateLimits(key),
            })),
        ];
    }

    private CallerLimits? CreateLimits(ApiKey key) => key is { Rate: null, Concurrency: null }
        ? null
        : new CallerLimits(
            key.Rate is { } rate ? new TokenBucket(rate, key.Burst, _time) : null, key.Concurrency);
}
