using System.Globalization;
using ClipGrpc.Server.Access;
using ClipGrpc.Server.Configuration;
using ClipGrpc.Server.Health;
using ClipGrpc.Server.Rpc;
using ClipGrpc.Server.Telemetry;
using ClipGrpc.Serving;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Budget;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Http;

/// <summary>Around every call over HTTP: its deadline, its metrics, and its errors in the format of its clients.
/// </summary>
internal sealed class FacadeRunner(
    ClipMetrics metrics, CallerKeys callers, MemoryBudget budget, DrainState drain, IOptions<LimitOptions> limits,
    IOptions<ServerOptions> server, TimeProvider time, ILogger<FacadeRunner> logger)
{
    /// <summary>Seconds, with or without a fraction.</summary>
    public const string TimeoutHeader = "x-request-timeout";

    private const int MaxMilliseconds = int.MaxValue;

    private readonly BodyLimits _body = new(server.Value.MaxMessageBytes, limits.Value.MessageTimeout, time);

    /// <param name="name">For metrics and logs.</param>
    public async Task RunAsync(HttpContext http, string name, ErrorFormat errors, Func<FacadeCall, Task> handler)
    {
        var started = time.GetTimestamp();
        var rpc = metrics.GetRpc(name);
        rpc.CallStarted();
        var open = drain.CallStarted();
        var status = StatusCode.Unknown;
        try
        {
            if (open > limits.Value.MaxOpenCalls)
                throw new RequestException(RequestError.From(CallContext.TooManyOpen(limits.Value.MaxOpenCalls)));

            status = await RunAsync(
                http, name, errors, handler, ReadTimeout(http.Request.Headers[TimeoutHeader]), started);
        }
        catch (RequestException exception)
        {
            status = StatusMapper.ToCode(exception.Error.Code);
            await errors.WriteAsync(http.Response, exception.Error);
        }
        finally
        {
            drain.CallEnded();
            rpc.CallEnded(status, time.GetElapsedTime(started));
        }
    }

    private async Task<StatusCode> RunAsync(
        HttpContext http, string name, ErrorFormat errors, Func<FacadeCall, Task> handler, TimeSpan? timeout,
        long started)
    {
        using var late = new CancellationTokenSource(timeout ?? Timeout.InfiniteTimeSpan, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(
            http.RequestAborted, drain.Expired, late.Token);
        using var memory = new CallMemory(budget, limits.Value.MaxMemoryWait, time, ended.Token);
        var work = new WorkContext(WorkPriority.Interactive, time.GetUtcNow() + timeout, ended.Token)
        {
            Caller = callers.Of(http),
            Expiry = timeout is null ? time.GetUtcNow() + limits.Value.DefaultDeadline : null,
        };
        try
        {
            await handler(new FacadeCall(http, work, memory, _body, started));
            return StatusCode.OK;
        }
        catch (Exception exception) when (!http.Response.HasStarted)
        {
            // A call that is gone fails in many ways; nobody reads its error.
            if (http.RequestAborted.IsCancellationRequested)
                return StatusCode.Cancelled;

            var error = Map(exception, name, RequestId.Of(http), late.IsCancellationRequested);
            await errors.WriteAsync(http.Response, error);
            return StatusMapper.ToCode(error.Code);
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            return StatusCode.Cancelled;
        }
    }

    private RequestError Map(Exception exception, string name, string requestId, bool isLate)
    {
        switch (exception)
        {
            case RequestException request:
                return request.Error;
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                return BodyBytes.TooLarge(server.Value.MaxMessageBytes).Error;
            case BadHttpRequestException malformed:
                return new RequestError(ClipErrorReason.MalformedRequest, malformed.Message)
                {
                    Status = malformed.StatusCode,
                };
            case ClipException { Code: not ClipErrorCode.Internal } known:
                return RequestError.From(known);
        }

        if (isLate)
            return new RequestError(ClipErrorReason.DeadlinePassed, "The deadline passed.");
        if (drain.Expired.IsCancellationRequested)
            return RequestError.From(StreamStop.ServerStops());

        logger.CallFailed(exception, name, requestId);
        return exception is ClipException failed ? RequestError.From(failed) : RequestError.Unforeseen;
    }

    /// <summary>Null: there is none.</summary>
    private static TimeSpan? ReadTimeout(string? header)
    {
        if (string.IsNullOrEmpty(header))
            return null;
        if (!double.TryParse(header, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            || seconds * 1000 is not (>= 1 and <= MaxMilliseconds))
        {
            throw RequestError.Invalid(
                TimeoutHeader,
                $"\"{Excerpt.Of(header)}\" is not valid; a timeout is a number of seconds, such as 30 or 0.5.");
        }

        return TimeSpan.FromSeconds(seconds);
    }
}
