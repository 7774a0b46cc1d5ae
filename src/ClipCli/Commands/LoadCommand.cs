using System.CommandLine;
using System.Globalization;
using ClipGrpc.Client;
using ClipGrpc.Models.Catalog;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>clip load NAME[=SOURCE]</c></summary>
internal sealed class LoadCommand : Command
{
    private readonly Argument<string> _model = new("[NAME=]SOURCE")
    {
        Description = "`demo`, a model of the Hugging Face Hub, an OpenCLIP name, or a folder on the server. Without "
            + "NAME, the server derives the name from the source.",
    };

    private readonly Option<string> _precision = new("--precision")
    {
        HelpName = "P",
        Description = "fp32, fp16, bf16 or int8. Default: the server's setting.",
        DefaultValueFactory = _ => "",
    };

    private readonly Option<string> _device = new("--device")
    {
        HelpName = "D",
        Description = "cpu, cuda, or PROVIDER[:cpu|gpu|npu[:INDEX]]. Default: the server's setting.",
        DefaultValueFactory = _ => "",
    };

    private readonly WaitOption _wait;

    public LoadCommand(CliConsole console)
        : base("load", "Load a model on the server and wait until it is ready.")
    {
        Add(_model);
        Add(_precision);
        Add(_device);
        _wait = new WaitOption(this, "Maximum time to wait for the model, including its download.");
        var server = new ServerOptions(this);
        SetAction((parsed, cancellationToken) => server.UseClientNowAsync(
            parsed,
            client => RunAsync(parsed, console, client, cancellationToken),
            options => options.LoadTimeout = _wait.Read(parsed)));
    }

    private async Task<int> RunAsync(
        ParseResult parsed, CliConsole console, ClipClient client, CancellationToken cancellationToken)
    {
        var text = parsed.GetRequiredValue(_model);
        if (!ModelSpec.TryParse(text, out var spec, out var error))
            throw CliException.WrongUse($"\"{text}\" {error.Problem}.");

        // A name that was not given is for the server to make.
        var name = spec.Source.Length < text.Trim().Length ? spec.Name : "";
        var options = new LoadModelCallOptions
        {
            Name = name,
            Precision = parsed.GetRequiredValue(_precision),
            Device = parsed.GetRequiredValue(_device),
        };
        var model = await ModelAdministration.RunAsync(
            () => client.LoadModelAsync(spec.Source, options, cancellationToken));
        await console.Out.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"{model.Name}  {model.State.ToString().ToLowerInvariant()}  {model.Device}  {model.Precision}  "
            + $"{model.Revision}"));
        return ExitCode.Success;
    }
}
