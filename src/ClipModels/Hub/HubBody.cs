namespace ClipGrpc.Models.Hub;

/// <summary>
/// The body of a response. A broken or stalled connection becomes a <see cref="HubTransientException"/>.
/// </summary>
internal sealed class HubBody : IDisposable
{
    private const int ReadLength = 1 << 16;

    private readonly HttpResponseMessage _response;
    private readonly Stream _stream;
    private readonly CancellationTokenSource _stall;
    private readonly string _host;

    private HubBody(HttpResponseMessage response, Stream stream, TimeProvider time, long offset)
    {
        _response = response;
        _stream = stream;
        _stall = new CancellationTokenSource(HubTransport.StallLimit, time);
        _host = response.RequestMessage?.RequestUri?.Host ?? "the Hub";
        Offset = offset;
    }

    /// <summary>Where in the file the body begins, in bytes.</summary>
    public long Offset { get; }

    public static async Task<HubBody> OpenAsync(
        HttpResponseMessage response, TimeProvider time, CancellationToken cancellationToken, long offset = 0) =>
        new(response, await response.Content.ReadAsStreamAsync(cancellationToken), time, offset);

    /// <summary>Bytes read; 0 at the end of the body.</summary>
    public async Task<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        _stall.CancelAfter(HubTransport.StallLimit);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stall.Token, cancellationToken);
        try
        {
            return await _stream.ReadAsync(buffer, either.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HubTransientException(
                $"{_host} sent no data for {HubTransport.StallLimit.TotalSeconds} s", exception);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            throw new HubTransientException($"the connection to {_host} broke", exception);
        }
        finally
        {
            // What the caller does with the bytes is not the connection's time.
            _stall.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>The whole body; null where it is longer than <paramref name="limit"/>.</summary>
    public async Task<byte[]?> ReadToEndAsync(int limit, CancellationToken cancellationToken)
    {
        using var all = new MemoryStream();
        var buffer = new byte[ReadLength];
        for (var read = await ReadAsync(buffer, cancellationToken);
            read > 0;
            read = await ReadAsync(buffer, cancellationToken))
        {
            all.Write(buffer, 0, read);
            if (all.Length > limit)
                return null;
        }

        return all.ToArray();
    }

    public void Dispose()
    {
        _stall.Dispose();
        _response.Dispose();
    }
}
