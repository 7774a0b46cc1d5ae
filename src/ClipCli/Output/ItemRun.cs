using ClipGrpc.Cli.Inputs;
using ClipGrpc.Client;
using Spectre.Console;

namespace ClipGrpc.Cli.Output;

/// <summary>
/// Takes the results of a list of items as they come, in order: writes each, names those that failed on stderr, and
/// moves a progress bar where stderr is a terminal.
/// </summary>
/// <param name="console">Where to write.</param>
/// <param name="inputs">The items.</param>
/// <param name="wholeLines">Results are lines for programs, which a bar on the same terminal would break.</param>
internal sealed class ItemRun<TResult>(CliConsole console, IReadOnlyList<CliInput> inputs, bool wholeLines)
    where TResult : class
{
    private int _failed;

    /// <param name="results">One result per readable input, in their order.</param>
    /// <param name="write">Writes one result, failed ones included.</param>
    public async Task<int> RunAsync(
        Func<IAsyncEnumerable<CliInput>, IAsyncEnumerable<ClipResult<TResult>>> results,
        Action<TextWriter, CliInput, ClipResult<TResult>> write)
    {
        if (console.ErrorIsTerminal && inputs.Count > 1 && !(wholeLines && console.OutIsTerminal))
            await RunWithProgressAsync(results, write);
        else
            await RunAsync(results, write, console.Out, console.Error, () => { });

        if (_failed == 0)
            return ExitCode.Success;
        if (inputs.Count > 1)
            await console.Error.WriteLineAsync($"clip: {_failed} of {inputs.Count} items failed.");
        return ExitCode.Failure;
    }

    private async Task RunWithProgressAsync(
        Func<IAsyncEnumerable<CliInput>, IAsyncEnumerable<ClipResult<TResult>>> results,
        Action<TextWriter, CliInput, ClipResult<TResult>> write)
    {
        var terminal = console.OpenError();
        var above = TextWriter.Synchronized(new ConsoleTextWriter(terminal));
        var progress = terminal.Progress().AutoClear(true).Columns(
            new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn());
        await progress.StartAsync(async context =>
        {
            var task = context.AddTask("items", maxValue: inputs.Count);
            console.Notices = above;
            try
            {
                // On one and the same terminal results go above the bar, so that they do not tear each other.
                await RunAsync(
                    results, write, console.OutIsTerminal ? above : console.Out, above, () => task.Increment(1));
            }
            finally
            {
                console.Notices = console.Error;
            }
        });
    }

    private async Task RunAsync(
        Func<IAsyncEnumerable<CliInput>, IAsyncEnumerable<ClipResult<TResult>>> results,
        Action<TextWriter, CliInput, ClipResult<TResult>> write,
        TextWriter output,
        TextWriter errors,
        Action step)
    {
        var readable = inputs.Where(input => input.Problem is null).ToAsyncEnumerable();
        await using var received = results(readable).GetAsyncEnumerator();
        foreach (var input in inputs)
        {
            var result = input.Problem is { } problem
                ? new ClipResult<TResult>(problem)
                : await NextAsync(received);
            write(output, input, result);
            if (result.Error is { } error)
            {
                _failed++;
                await errors.WriteLineAsync($"clip: {input.Name}: {FlagNames.InCall(error.Message)}");
            }

            step();
        }
    }

    private static async Task<ClipResult<TResult>> NextAsync(IAsyncEnumerator<ClipResult<TResult>> received) =>
        await received.MoveNextAsync()
            ? received.Current
            : throw new InvalidOperationException("There are fewer results than inputs.");
}
