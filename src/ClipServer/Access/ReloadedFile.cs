using System.Security.Cryptography;

namespace ClipGrpc.Server.Access;

/// <summary>
/// What one or several files hold, read again when their content changes. Content that cannot be read leaves the last
/// good value in force, and so does content that changes again at a second look: a file that is being written can be
/// good in the middle of it, such as one that is still empty. Polled, because file systems under containers often
/// report no changes.
/// </summary>
internal sealed class ReloadedFile<T> : IDisposable
    where T : class
{
    private const long MaxFileBytes = 4 << 20;

    /// <summary>Between the look that finds a change and the second look.</summary>
    private static readonly TimeSpan LongestSettling = TimeSpan.FromMilliseconds(200);

    private readonly string _what;
    private readonly IReadOnlyList<string> _paths;
    private readonly Func<IReadOnlyList<byte[]>, T> _read;
    private readonly Action<T>? _changed;
    private readonly ILogger _logger;
    private readonly TimeSpan _interval;
    private readonly ITimer _timer;
    private byte[] _digest;
    private byte[] _lastSeen;
    private byte[]? _failed;
    private volatile T _value;

    /// <param name="what">For logs and errors: "API keys".</param>
    /// <param name="paths">All of them are read for one value.</param>
    /// <param name="read">Their bytes to the value.</param>
    /// <param name="interval">Between two looks at the files.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Gets each reload and each failure.</param>
    /// <param name="changed">Called with each value after the first.</param>
    /// <exception cref="ClipException">A file cannot be read; the message names it.</exception>
    public ReloadedFile(
        string what, IReadOnlyList<string> paths, Func<IReadOnlyList<byte[]>, T> read, TimeSpan interval,
        TimeProvider time, ILogger logger, Action<T>? changed = null)
    {
        _what = what;
        _paths = paths;
        _read = read;
        _changed = changed;
        _logger = logger;
        _interval = interval;
        var bytes = ReadBytes();
        _digest = _lastSeen = Digest(bytes);
        _value = Read(bytes);
        _timer = time.CreateTimer(
            static state => ((ReloadedFile<T>)state!).Check(), this, interval, interval);
    }

    public T Value => _value;

    public void Dispose() => _timer.Dispose();

    private string Names => string.Join(", ", _paths);

    private void Check()
    {
        byte[]? digest = null;
        try
        {
            var bytes = ReadBytes();
            digest = Digest(bytes);
            if (!HasSettled(digest) || digest.AsSpan().SequenceEqual(_digest))
                return;

            var value = Read(bytes);
            _value = value;
            _digest = digest;
            _failed = null;
            _logger.FileReloaded(_what, Names);
            _changed?.Invoke(value);
        }
        catch (ClipException exception)
        {
            // Once per content: a file that stays broken is not news every few seconds.
            digest ??= [];
            if (_failed is not null && _failed.AsSpan().SequenceEqual(digest))
                return;
            _failed = digest;
            _logger.FileNotReloaded(_what, exception.Message);
        }
    }

    private bool HasSettled(byte[] digest)
    {
        var isSame = digest.AsSpan().SequenceEqual(_lastSeen);
        _lastSeen = digest;
        if (!isSame)
            _timer.Change(_interval < LongestSettling ? _interval : LongestSettling, _interval);
        return isSame;
    }

    private T Read(IReadOnlyList<byte[]> bytes)
    {
        try
        {
            return _read(bytes);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException or FormatException)
        {
            throw new ClipException(
                ClipErrorReason.InvalidSetting, $"{_what}: {Names}: {exception.Message}", exception);
        }
        catch (ClipException exception)
        {
            throw new ClipException(exception.Reason, $"{_what}: {Names}: {exception.Message}", exception);
        }
    }

    private byte[][] ReadBytes()
    {
        try
        {
            return [.. _paths.Select(ReadFile)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ClipException(ClipErrorReason.InvalidSetting, $"{_what}: {exception.Message}", exception);
        }
    }

    private static byte[] ReadFile(string path)
    {
        using var file = File.OpenRead(path);
        if (file.Length > MaxFileBytes)
            throw new IOException($"{path} has {file.Length} bytes; the maximum is {MaxFileBytes}.");

        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private static byte[] Digest(IEnumerable<byte[]> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var bytes in files)
            hash.AppendData(SHA256.HashData(bytes));
        return hash.GetHashAndReset();
    }
}
