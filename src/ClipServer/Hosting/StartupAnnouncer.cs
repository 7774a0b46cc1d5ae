using ClipGrpc.Server.Configuration;
using ClipGrpc.Server.Http;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Hosting;

/// <summary>Tells the operator that the server is ready and how to use it.</summary>
internal sealed class StartupAnnouncer(
    IOptions<ServerOptions> options, IOptions<HttpOptions> http, ListenerAddresses addresses,
    IHostApplicationLifetime lifetime, ILogger<StartupAnnouncer> logger, TextWriter? output = null)
{
    private const int DefaultGrpcPort = 50051;

    private readonly TextWriter _output = output ?? Console.Out;

    /// <summary>
    /// Shows the screen (or log lines, with <see cref="LogFormat.Json"/>) as soon as the server listens, which may be
    /// now. Call it once, when the configured models are ready.
    /// </summary>
    /// <param name="models">The default model first.</param>
    public void Announce(IReadOnlyList<StartupModel> models) =>
        lifetime.ApplicationStarted.Register(() => Show(models));

    private void Show(IReadOnlyList<StartupModel> models)
    {
        if (options.Value.LogFormat == LogFormat.Json)
        {
            logger.Ready(
                models.Count, ListenerAddresses.Format(addresses.Grpc), ListenerAddresses.Format(addresses.Http));
            return;
        }

        _output.Write(StartupScreen.Render(new StartupSummary(
            ProductVersion.Text, models, addresses.Grpc, addresses.Http, PageAddress(), CreateNextCommand())));
        _output.Flush();
    }

    /// <summary>Browsers do not reach sockets.</summary>
    private Uri? PageAddress() =>
        http.Value.ServesPage() && !addresses.Http.IsFile ? new Uri(addresses.Http, "/") : null;

    /// <summary>In the repository the command can be run as it stands; elsewhere the tool must be there.</summary>
    private string CreateNextCommand()
    {
        var server = addresses.Grpc.Port == DefaultGrpcPort && addresses.Grpc.IsLoopback
            ? "" : $" --server {ListenerAddresses.Format(addresses.Grpc)}";
        return IsInRepository()
            ? "dotnet run -c Release --project src/ClipCli -- classify samples "
                + $"--labels \"dog,penguin,pizza,sunflower,umbrella,fire engine,guitar,rocket\"{server}"
            : $"clip classify IMAGE --labels \"cat,coffee,rocket\"{server}";
    }

    private static bool IsInRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ClipGrpc.sln")))
                return true;
        }

        return false;
    }
}
