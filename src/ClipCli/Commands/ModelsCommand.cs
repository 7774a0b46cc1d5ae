using System.CommandLine;
using ClipGrpc.Cli.Output;
using ClipGrpc.Client;
using ClipGrpc.Models.Hub;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>clip models</c></summary>
internal sealed class ModelsCommand : Command
{
    private readonly Option<bool> _cached = new("--cached")
    {
        Description = "List the models in the local Hugging Face Hub cache instead. Does not use a server.",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object per line." };

    public ModelsCommand(CliConsole console)
        : base("models", "List the models of the server, or those in the cache.")
    {
        Add(_cached);
        Add(_json);
        var server = new ServerOptions(this);
        SetAction((parsed, cancellationToken) => parsed.GetValue(_cached)
            ? Task.FromResult(ListCached(console, parsed.GetValue(_json)))
            : server.UseClientNowAsync(
                parsed, client => ListServedAsync(console, client, parsed.GetValue(_json), cancellationToken)));
    }

    private static async Task<int> ListServedAsync(
        CliConsole console, ClipClient client, bool json, CancellationToken cancellationToken)
    {
        var models = (await client.ListModelsAsync(cancellationToken)).Models;
        if (!json)
        {
            ModelTable.Write(console.OpenOut(), models);
            return ExitCode.Success;
        }

        foreach (var model in models)
            JsonLines.Write(console.Out, model);
        return ExitCode.Success;
    }

    private static int ListCached(CliConsole console, bool json)
    {
        var cache = HubSession.ReadOptions().CacheFolder;
        var models = CachedModels.List(cache);
        if (!json)
        {
            if (models.Count > 0)
                CachedModelTable.Write(console.OpenOut(), models);
            else
                console.Error.WriteLine($"There are no models in {cache}. Download one with `clip pull SOURCE`.");
            return ExitCode.Success;
        }

        foreach (var model in models)
            JsonLines.Write(console.Out, model);
        return ExitCode.Success;
    }
}
