using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;

namespace ClipGrpc.LoadTest.Startup;

/// <summary>The server's own program, started as an operator starts it, watched from outside.</summary>
internal sealed class StartedServer : IAsyncDisposable
{
    private const int ListeningEvent = 101;
    private const int LoadedEvent = 207;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private readonly Process _process;
    private readonly Task _output;
    private readonly TaskCompletionSource<JsonElement> _listening = new(
        TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<JsonElement> _loaded = new(
        TaskCreationOptions.RunContinuationsAsynchronously);

    private StartedServer(Process process)
    {
        _process = process;
        _output = Task.Run(ReadLogAsync);
    }

    /// <summary>From the start of the process.</summary>
    public TimeSpan TimeToReady { get; private set; }

    /// <summary>Where gRPC answers.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Seconds of each phase of loading the model, as the server logs them.</summary>
    public IReadOnlyDictionary<string, double> Phases { get; private set; } = new Dictionary<string, double>();

    /// <summary>The most resident memory so far, in bytes; null where the system does not say.</summary>
    public long? PeakMemory => ReadMemory("VmHWM:");

    /// <summary>The resident memory now, in bytes; null where the system does not say.</summary>
    public long? Memory => ReadMemory("VmRSS:");

    /// <summary>Open files and sockets; null where the system does not say.</summary>
    public int? Handles => Count("fd");

    /// <summary>Threads; null where the system does not say.</summary>
    public int? Threads => Count("task");

    public bool IsRunning => !_process.HasExited;

    /// <summary>Ends when /readyz says yes.</summary>
    /// <param name="settings">Keys of the server's configuration.</param>
    /// <param name="cache">The server's cache folder.</param>
    /// <exception cref="LoadTestException">It ended instead; it said why on stderr.</exception>
    public static async Task<StartedServer> StartAsync(
        IReadOnlyDictionary<string, string?> settings, string cache, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        var process = Process.Start(StartInfo(settings, cache))
            ?? throw new LoadTestException("the server could not be started.");
        var server = new StartedServer(process);
        try
        {
            await server.WaitAsync(time, cancellationToken);
            server.TimeToReady = time.GetElapsedTime(start);
            server.Phases = Seconds(await server._loaded.Task.WaitAsync(cancellationToken));
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        await _output;
        _process.Dispose();
    }

    private async Task WaitAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var addresses = await _listening.Task.WaitAsync(cancellationToken);
        Address = new Uri(addresses.GetProperty("GrpcAddress").GetString()!);
        var probe = new Uri(new Uri(addresses.GetProperty("HttpAddress").GetString()!), "readyz");
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        while (true)
        {
            using var response = await client.GetAsync(probe, cancellationToken);
            if (response.StatusCode == HttpStatusCode.OK)
                return;
            if (_process.HasExited)
                throw Ended();
            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    private long? ReadMemory(string field)
    {
        var status = $"/proc/{_process.Id}/status";
        var line = File.Exists(status)
            ? File.ReadLines(status).FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal))
            : null;
        return line is null ? null : long.Parse(line.Split(' ')[^2], CultureInfo.InvariantCulture) * 1024;
    }

    private int? Count(string folder)
    {
        var path = $"/proc/{_process.Id}/{folder}";
        return Directory.Exists(path) ? Directory.EnumerateFileSystemEntries(path).Count() : null;
    }

    private async Task ReadLogAsync()
    {
        try
        {
            while (await _process.StandardOutput.ReadLineAsync() is { } line)
            {
                using var entry = JsonDocument.Parse(line);
                var state = entry.RootElement.GetProperty("State").Clone();
                var id = entry.RootElement.GetProperty("EventId").GetInt32();
                if (id == ListeningEvent)
                    _listening.TrySetResult(state);
                else if (id == LoadedEvent)
                    _loaded.TrySetResult(state);
            }

            _listening.TrySetException(Ended());
            _loaded.TrySetException(Ended());
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException)
        {
            var unreadable = new LoadTestException("the server wrote a line that is no log entry.");
            _listening.TrySetException(unreadable);
            _loaded.TrySetException(unreadable);
        }
    }

    private LoadTestException Ended()
    {
        _process.WaitForExit();
        return new LoadTestException($"the server ended with code {_process.ExitCode} before it was ready.");
    }

    private static Dictionary<string, double> Seconds(JsonElement state) => state.EnumerateObject()
        .Where(property => property.Value.ValueKind == JsonValueKind.Number)
        .ToDictionary(property => property.Name, property => property.Value.GetDouble());

    private static ProcessStartInfo StartInfo(IReadOnlyDictionary<string, string?> settings, string cache)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        start.ArgumentList.Add(typeof(Server.ServerHost).Assembly.Location);
        start.Environment[ClipGrpc.Models.Files.CacheFolder.Variable] = cache;
        foreach (var (key, value) in settings)
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        start.Environment["Clip__Server__LogFormat"] = "json";
        start.Environment["Clip__Server__GrpcPort"] = "0";
        start.Environment["Clip__Server__HttpPort"] = "0";
        return start;
    }
}
