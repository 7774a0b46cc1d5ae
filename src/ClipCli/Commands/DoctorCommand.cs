using System.CommandLine;
using ClipGrpc.Cli.Diagnosis;
using ClipGrpc.Cli.Output;
using ClipGrpc.Client;
using ClipGrpc.Models.Files;
using ClipGrpc.Models.Hub;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>clip doctor</c>: exit code 1 when a check fails.</summary>
internal sealed class DoctorCommand : Command
{
    private const int DefaultHttpPort = 8080;

    private readonly Option<int> _httpPort = new("--http-port")
    {
        HelpName = "PORT",
        Description = "The server's HTTP port, with metrics and health checks; 0 skips the check.",
        DefaultValueFactory = _ => DefaultHttpPort,
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print the findings as one JSON object." };

    private readonly ServerOptions _server;

    public DoctorCommand(CliConsole console)
        : base("doctor", "Check the server, this machine and its caches, and suggest fixes.")
    {
        Add(_httpPort);
        Add(_json);
        _server = new ServerOptions(this);
        _httpPort.Require(port => port is >= 0 and <= 65535, "must be 0 to 65535.");
        SetAction((parsed, cancellationToken) => _server.UseClientNowAsync(
            parsed,
            client => RunAsync(parsed, console, client, cancellationToken),
            options => options.MaxAttempts = 1));
    }

    private async Task<int> RunAsync(
        ParseResult parsed, CliConsole console, ClipClient client, CancellationToken cancellationToken)
    {
        var address = _server.ReadAddress(parsed);
        var findings = new List<Finding>(await ServerChecks.RunAsync(client, address, cancellationToken));
        if (parsed.GetValue(_httpPort) is > 0 and var port && ServerChecks.FindEndpoint(address) is { Host: var host })
            findings.Add(await ServerChecks.CheckHttpAsync(host, port, cancellationToken));
        findings.AddRange(MachineChecks.Run());
        findings.AddRange(new CacheChecks(HubSession.ReadOptions(), CacheFolder.Locate(), DiskSpace.FreeIn).Run());

        if (parsed.GetValue(_json))
            JsonOutput.WriteLine(console.Out, DoctorReport.Of(findings), DoctorJson.Default.DoctorReport);
        else
            Write(console.Out, findings);
        return findings.Exists(finding => finding.State == FindingState.Fail) ? ExitCode.Failure : ExitCode.Success;
    }

    private static void Write(TextWriter output, IReadOnlyList<Finding> findings)
    {
        var width = findings.Max(finding => finding.Name.Length);
        foreach (var (name, state, detail, advice) in findings)
        {
            output.WriteLine($"{state.ToString().ToLowerInvariant(),-4}  {name.PadRight(width)}  {detail}");
            if (advice is not null)
                output.WriteLine($"{new string(' ', width + 8)}→ {advice}");
        }
    }
}
