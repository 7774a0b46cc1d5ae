using System.CommandLine;
using ClipGrpc.Cli.Output;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>clip models</c></summary>
internal sealed class ModelsCommand : Command
{
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object a line." };

    public ModelsCommand(CliConsole console)
        : base("models", "List the models of the server.")
    {
        Add(_json);
        var server = new ServerOptions(this);
        SetAction((parsed, cancellationToken) => server.UseClientAsync(parsed, async client =>
        {
            var models = (await client.ListModelsAsync(cancellationToken)).Models;
            if (!parsed.GetValue(_json))
            {
                ModelTable.Write(console.OpenOut(), models);
                return ExitCode.Success;
            }

            foreach (var model in models)
                JsonLines.Write(console.Out, model);
            return ExitCode.Success;
        }));
    }
}
