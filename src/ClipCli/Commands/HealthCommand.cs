using System.CommandLine;
using ClipGrpc.Client;
using ClipGrpc.V1;
using ModelState = ClipGrpc.Client.ModelState;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>clip health</c>: exit code 0 when the server, its services and all its models serve.</summary>
internal sealed class HealthCommand : Command
{
    public HealthCommand(CliConsole console)
        : base("health", "Check the health of the server, its services and its models.")
    {
        var server = new ServerOptions(this);
        SetAction((parsed, cancellationToken) => server.UseClientNowAsync(
            parsed, client => RunAsync(client, console.Out, cancellationToken)));
    }

    private static async Task<int> RunAsync(ClipClient client, TextWriter output, CancellationToken cancellationToken)
    {
        var lines = new List<(string Name, string State, bool Serves)>();
        foreach (var service in new[] { "", ClipService.Descriptor.FullName, ModelService.Descriptor.FullName })
        {
            var status = await client.CheckHealthAsync(service, cancellationToken);
            lines.Add((service.Length == 0 ? "server" : service, Show(status), status == ServingStatus.Serving));
        }

        foreach (var model in (await client.ListModelsAsync(cancellationToken)).Models)
            lines.Add(($"model {model.Name}", Show(model.State), model.State == ModelState.Ready));

        var width = lines.Max(line => line.Name.Length);
        foreach (var (name, state, _) in lines)
            await output.WriteLineAsync($"{name.PadRight(width)}  {state}");
        return lines.All(line => line.Serves) ? ExitCode.Success : ExitCode.Failure;
    }

    private static string Show(ServingStatus status) => status switch
    {
        ServingStatus.Serving => "SERVING",
        ServingStatus.NotServing => "NOT_SERVING",
        ServingStatus.ServiceUnknown => "SERVICE_UNKNOWN",
        _ => "UNKNOWN",
    };

    private static string Show(ModelState state) => state.ToString().ToUpperInvariant();
}
