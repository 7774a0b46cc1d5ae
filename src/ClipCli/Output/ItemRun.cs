using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using ClipGrpc.Cli.Inputs;
using ClipGrpc.Client;
using Spectre.Console;

namespace ClipGrpc.Cli.Output;

/// <summary>
/// Takes the results of items as they come, in order: writes each at once, names those that failed on stderr, and shows
/// progress where stderr is a terminal. Items are read as the results need them.
/// </summary>
internal sealed class ItemRun<TResult>(CliConsole console, ItemSource source, ItemReport report)
    where TResult : class
{
    private readonly ConcurrentQueue<CliInput> _pending = new();

    /// <param name="console">Where to write.</param>
    /// <param name="inputs">The items.</param>
    /// <param name="wholeLines">Results are lines for programs, which a bar on the same terminal would break.</param>
    public ItemRun(CliConsole console, IReadOnlyList<CliInput> inputs, bool wholeLines)
        : this(console, ItemSource.Of(inputs), new ItemReport { WholeLines = wholeLines })
    {
    }

    /// <param name="results">One result per readable input, in their order.</param>
    /// <param name="write">Writes one result, failed ones included.</param>
    public async Task<int> RunAsync(
        Func<IAsyncEnumerable<CliInput>, IAsyncEnumerable<ClipResult<TResult>>> results,
        Action<TextWriter, CliInput, ClipResult<TResult>> write)
    {
        var counts = source.Counts;
        if (report.ShowProgress && console.ErrorIsTerminal && counts.Total is not 1
            && !(report.WholeLines && console.OutIsTerminal))
        {
            await RunWithProgressAsync(results, write);
        }
        else
        {
            await RunAsync(results, write, console.Out, console.Error);
        }

        if (counts.Failed == 0)
            return ExitCode.Success;
        if (report.ShowSummary && counts.Done > 1)
            await console.Error.WriteLineAsync($"clip: {counts.Failed} of {counts.Done} items failed.");
        return ExitCode.Failure;
    }

    private async Task RunWithProgressAsync(
        Func<IAsyncEnumerable<CliInput>, IAsyncEnumerable<ClipResult<TResult>>> results,
        Action<TextWriter, CliInput, ClipResult<TResult>> write)
    {
        var terminal = console.OpenError();
        var above = TextWriter.Synchronized(new ConsoleTextWriter(terminal));
        var progress = terminal.Progress().AutoClear(true).Columns(
            new ProgressBarColumn(), new PercentageColumn(), new ItemProgressColumn(source.Counts));
        await progress.StartAsync(async context =>
        {
            var bar = context.AddTask("items", maxValue: double.MaxValue);
            console.Notices = above;
            using var counting = new CancellationTokenSource();
            var total = CountAsync(counting.Token);
            try
            {
                // On one and the same terminal results go above the bar, so that they do not tear each other.
                await RunAsync(results, write, console.OutIsTerminal ? above : console.Out, above, () =>
                {
                    bar.MaxValue = source.Counts.Total is { } known ? Math.Max(known, 1) : double.MaxValue;
                    bar.Value = source.Counts.Done;
                });
            }
            finally
            {
                console.Notices = console.Error;
                await counting.CancelAsync();
                await total;
            }
        });
    }

    private async Task CountAsync(CancellationToken cancellationToken)
    {
        if (source.Counts.Total is not null || source.CountAsync is not { } count)
            return;

        try
        {
            source.Counts.Total = await Task.Run(() => count(cancellationToken), cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The run has ended first.
        }
        catch (CliException)
        {
            // The run itself comes upon the same error and reports it.
        }
    }

    private async Task RunAsync(
        Func<IAsyncEnumerable<CliInput>, IAsyncEnumerable<ClipResult<TResult>>> results,
        Action<TextWriter, CliInput, ClipResult<TResult>> write,
        TextWriter output,
        TextWriter errors,
        Action? step = null)
    {
        await foreach (var result in results(ReadableAsync()))
        {
            await TakeProblemsAsync();
            if (!_pending.TryDequeue(out var input))
                throw new InvalidOperationException("There are more results than inputs.");
            await TakeAsync(input, result);
            await TakeProblemsAsync();
        }

        await TakeProblemsAsync();
        if (!_pending.IsEmpty)
            throw new InvalidOperationException("There are fewer results than inputs.");

        async Task TakeProblemsAsync()
        {
            while (_pending.TryPeek(out var input) && input.Problem is { } problem)
            {
                _pending.TryDequeue(out _);
                await TakeAsync(input, new ClipResult<TResult>(problem));
            }
        }

        async Task TakeAsync(CliInput input, ClipResult<TResult> result)
        {
            write(output, input, result);

            // Who reads the other end of a pipe may wait for just this one.
            await output.FlushAsync(CancellationToken.None);
            if (result.Error is { } error)
            {
                source.Counts.AddFailed();
                await errors.WriteLineAsync($"clip: {input.Name}: {FlagNames.InCall(error.Message)}");
            }
            else
            {
                source.Counts.AddSucceeded();
            }

            step?.Invoke();
        }
    }

    private async IAsyncEnumerable<CliInput> ReadableAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var input in source.Items.WithCancellation(cancellationToken))
        {
            _pending.Enqueue(input);
            if (input.Problem is null)
                yield return input;
        }
    }
}
