using System.CommandLine;
using ClipGrpc.Client;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>clip unload NAME</c></summary>
internal sealed class UnloadCommand : Command
{
    private readonly Argument<string> _name = new("NAME") { Description = "Name of the model, as shown by `clip ps`." };

    private readonly WaitOption _wait;

    public UnloadCommand(CliConsole console)
        : base("unload", "Unload a model from the server, after its accepted work is completed.")
    {
        Add(_name);
        _wait = new WaitOption(this, "Maximum time to wait for accepted work.");
        var server = new ServerOptions(this);
        SetAction((parsed, cancellationToken) => server.UseClientNowAsync(
            parsed,
            client => RunAsync(console, client, parsed.GetRequiredValue(_name), cancellationToken),
            options => options.LoadTimeout = _wait.Read(parsed)));
    }

    private static async Task<int> RunAsync(
        CliConsole console, ClipClient client, string name, CancellationToken cancellationToken)
    {
        await ModelAdministration.RunAsync(async () =>
        {
            await client.UnloadModelAsync(name, cancellationToken);
            return name;
        });
        await console.Out.WriteLineAsync($"{name}  unloaded");
        return ExitCode.Success;
    }
}
