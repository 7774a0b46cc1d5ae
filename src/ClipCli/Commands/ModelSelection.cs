using System.CommandLine;
using ClipGrpc.Client;

namespace ClipGrpc.Cli.Commands;

/// <summary>The <c>--model</c> option and the model that it means at the server.</summary>
internal sealed class ModelSelection
{
    private readonly Option<string> _model = new("--model")
    {
        HelpName = "M",
        Description = "Name of a loaded model. Default: the server's default model.",
        DefaultValueFactory = _ => "",
    };

    public ModelSelection(Command command) => command.Add(_model);

    public async Task<ClipModel> ResolveAsync(
        ParseResult parsed, ClipClient client, CancellationToken cancellationToken)
    {
        var name = parsed.GetRequiredValue(_model);
        if (name.Length > 0)
            return await client.GetModelAsync(name, cancellationToken);

        var models = (await client.ListModelsAsync(cancellationToken)).Models;
        return models.FirstOrDefault(model => model.IsDefault)
            ?? throw new CliException(ExitCode.Failure, "the server has no default model; specify one with --model.");
    }
}
