using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Grpc.Core;

namespace ClipGrpc.Client;

internal enum ConfigureAwaitOptions
{
    SuppressThrowing = 2,
}

internal static class TaskExtensions
{
    extension(ValueTask)
    {
        public static ValueTask<T> FromResult<T>(T result) => new(result);
    }

    extension(Task)
    {
        public static Task Delay(TimeSpan delay, TimeProvider clock, CancellationToken cancellationToken) =>
            clock.Delay(delay, cancellationToken);
    }

    extension(ExceptionDispatchInfo)
    {
        public static void Throw(Exception source) => ExceptionDispatchInfo.Capture(source).Throw();
    }

    public static Task WaitAsync(this Task task, CancellationToken cancellationToken) =>
        task.WaitAsync(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);

    public static Task<T> WaitAsync<T>(this Task<T> task, CancellationToken cancellationToken) =>
        task.WaitAsync(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);

    /// <summary>Waits for the task without its exception.</summary>
    public static ConfiguredTaskAwaitable ConfigureAwait(this Task task, ConfigureAwaitOptions options)
    {
        var ended = options == ConfigureAwaitOptions.SuppressThrowing ? Task.WhenAny(task) : task;
        return ended.ConfigureAwait(false);
    }

    /// <summary>Callbacks do not run on the caller's thread.</summary>
    public static Task CancelAsync(this CancellationTokenSource source) => Task.Run(source.Cancel);

    public static Task WriteAsync<T>(
        this IClientStreamWriter<T> writer, T message, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return writer.WriteAsync(message).WaitAsync(cancellationToken);
    }
}
