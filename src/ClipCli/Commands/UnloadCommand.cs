using System.CommandLine;
using ClipGrpc.Client;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>clip unload NAME</c></summary>
internal sealed class UnloadCommand : Command
{
    private readonly Argument<string> _name = new("NAME") { Description = "The model's name; see `clip ps`." };

    private readonly WaitOption _wait;

    public UnloadCommand(CliConsole console)
        : base("unload", "Take a model out of the server, after the work that it has accepted.")
    {
        Add(_name);
        _wait = new WaitOption(this, "How long to wait for work that the model has accepted.");
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
