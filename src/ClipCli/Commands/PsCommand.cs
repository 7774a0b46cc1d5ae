using System.CommandLine;
using ClipGrpc.Cli.Output;
using ClipGrpc.Client;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>clip ps</c>: what runs on the server.</summary>
internal sealed class PsCommand : Command
{
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object per model." };

    public PsCommand(CliConsole console)
        : base("ps", "List the models that run on the server, with their state and device.")
    {
        Add(_json);
        var server = new ServerOptions(this);
        SetAction((parsed, cancellationToken) => server.UseClientNowAsync(
            parsed, client => RunAsync(console, client, parsed.GetValue(_json), cancellationToken)));
    }

    private static async Task<int> RunAsync(
        CliConsole console, ClipClient client, bool json, CancellationToken cancellationToken)
    {
        var models = (await client.ListModelsAsync(cancellationToken)).Models;
        if (!json)
        {
            RunningModelTable.Write(console.OpenOut(), models);
            return ExitCode.Success;
        }

        foreach (var model in models)
            JsonLines.Write(console.Out, model);
        return ExitCode.Success;
    }
}
