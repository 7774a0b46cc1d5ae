namespace ClipGrpc.Serving.Batching;

/// <summary>Entry to a bounded queue for work that may wait for room.</summary>
internal static class Admission
{
    private static readonly TimeSpan DefaultRetryAfter = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// A queue says when it will have drained, which may be a minute; there is room again after its next batch, and who
    /// slept so long would always find it filled by others.
    /// </summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(100);

    /// <param name="enqueue">Throws <see cref="ClipErrorCode.Overloaded"/> at once when there is no room.</param>
    public static Task<T> EnterAsync<T>(Func<Task<T>> enqueue, WorkContext context, TimeProvider time) =>
        context.WaitsForRoom ? WaitForRoomAsync(enqueue, context, time) : enqueue();

    private static async Task<T> WaitForRoomAsync<T>(Func<Task<T>> enqueue, WorkContext context, TimeProvider time)
    {
        while (true)
        {
            try
            {
                return await enqueue();
            }
            catch (ClipException exception) when (exception.Code == ClipErrorCode.Overloaded)
            {
                var wait = exception.RetryAfter ?? DefaultRetryAfter;
                await Task.Delay(wait < LongestWait ? wait : LongestWait, time, context.CancellationToken);
            }
        }
    }
}
