using System.CommandLine;
using ClipGrpc.LoadTest.Serving;

namespace ClipGrpc.LoadTest.Commands;

/// <summary>
/// <c>serve</c>: the server process of the other commands. Its addresses are its first line on stdout; it ends when its
/// stdin does.
/// </summary>
internal sealed class ServeCommand : Command
{
    private readonly Option<ServerKind> _kind = new("--kind") { DefaultValueFactory = _ => ServerKind.Model };

    public ServeCommand()
        : base("serve", "Serve for a measurement until stdin is closed.")
    {
        Hidden = true;
        Add(_kind);
        Add(SetOption.Option);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (app, addresses) = await MeasuredHost.StartAsync(
            parsed.GetValue(_kind), SetOption.Read(parsed), cancellationToken);
        await using (app)
        {
            Console.WriteLine(addresses);
            await EndOfInputAsync().WaitAsync(cancellationToken);
            await app.StopAsync(CancellationToken.None);
        }

        return 0;
    }

    /// <remarks>
    /// Has a thread of its own: a read from the console blocks its thread even when it is awaited, and the measured
    /// server would have one thread less in its pool, of as many as there are cores.
    /// </remarks>
    private static Task EndOfInputAsync() => Task.Factory.StartNew(
        () =>
        {
            while (Console.In.ReadLine() is not null)
            {
            }
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
