using System.Net.Sockets;
using ClipGrpc.Server.Configuration;
using ClipGrpc.Server.Hosting;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Console;

namespace ClipGrpc.Server;

/// <summary>Builds the server and runs it until it is asked to stop.</summary>
internal static class ServerHost
{
    /// <summary>Builds the server without starting it.</summary>
    /// <param name="settings">Configuration keys that override files and environment.</param>
    /// <param name="customise">Adds or replaces services.</param>
    /// <exception cref="ConfigurationException">A setting is not valid.</exception>
    public static WebApplication Build(
        IEnumerable<KeyValuePair<string, string?>> settings, Action<WebApplicationBuilder>? customise = null)
    {
        // Nothing that this program does not name is read: an ASPNETCORE_URLS of the surroundings must not open a port.
        var builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        AddSources(builder.Configuration, settings);

        WebApplication? app = null;
        builder.Logging.AddClipLogging(
            builder.Configuration, () => app?.Lifetime.ApplicationStarted.IsCancellationRequested != true);
        builder.WebHost.UseKestrelCore();
        builder.Services.AddClipServer(builder.Configuration);
        customise?.Invoke(builder);

        ConfigurationCheck.ThrowOnErrors(builder.Services, builder.Configuration);

        app = builder.Build();
        app.MapClipServer();
        return app;
    }

    /// <summary>The server's parts without listeners, for what else the program does. They log to stderr.</summary>
    /// <param name="settings">Configuration keys that override files and environment.</param>
    /// <exception cref="ConfigurationException">A setting is not valid.</exception>
    public static ServiceProvider CreateServices(IReadOnlyDictionary<string, string?> settings)
    {
        var configuration = new ConfigurationBuilder();
        AddSources(configuration, settings);
        var built = configuration.Build();
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddClipLogging(built, () => false));
        services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        services.AddClipServer(built);
        ConfigurationCheck.ThrowOnErrors(services, built);
        return services.BuildServiceProvider();
    }

    /// <summary>
    /// Runs until a signal; failures become one message on <paramref name="error"/> and an exit code.
    /// </summary>
    public static async Task<int> RunAsync(IEnumerable<KeyValuePair<string, string?>> settings, TextWriter error)
    {
        using var guard = new StartupGuard(error);
        var isStarted = false;
        try
        {
            await using var app = Build(settings);
            var exit = app.Services.GetRequiredService<ProcessExit>();
            _ = app.Services.GetRequiredService<ModelStartup>().Loaded.ContinueWith(
                _ => guard.Dispose(), TaskContinuationOptions.OnlyOnRanToCompletion);
            app.Lifetime.ApplicationStarted.Register(() => isStarted = true);
            await RunAsync(app, exit);
            if (exit.Message is { } message)
                await error.WriteLineAsync(message);
            return exit.Code;
        }
        catch (ConfigurationException exception)
        {
            await error.WriteLineAsync($"The server cannot start. {exception.Message}");
            await error.WriteLineAsync("Use --help to list all flags.");
            return ExitCodes.WrongUse;
        }
        catch (ClipException exception)
        {
            await error.WriteLineAsync($"The server cannot start. {exception.Message}");
        }
        catch (InvalidDataException exception)
        {
            // What the JSON file provider throws; the inner message has the line.
            await error.WriteLineAsync(
                $"The server cannot start. {exception.Message} {exception.InnerException?.Message}");
            return ExitCodes.WrongUse;
        }
        catch (IOException exception) when (exception.InnerException is AddressInUseException)
        {
            await error.WriteLineAsync(
                $"The server cannot start. {exception.Message} Choose another port with --grpc-port or --http-port, "
                + "or stop the process that is listening there.");
        }
        catch (Exception exception) when (exception is SocketException
            or IOException { InnerException: SocketException })
        {
            await error.WriteLineAsync(
                $"The server cannot listen. {exception.Message}. See --host, --grpc-port and --http-port.");
        }
        catch (Exception exception) when (!isStarted)
        {
            await error.WriteLineAsync("The server cannot start. " + StartupGuard.Describe(exception));
        }

        return ExitCodes.Failure;
    }

    private static void AddSources(
        IConfigurationBuilder configuration, IEnumerable<KeyValuePair<string, string?>> settings) => configuration
        .SetBasePath(AppContext.BaseDirectory)
        .AddJsonFile("appsettings.json", optional: true, reloadOnChange: false)
        .AddEnvironmentVariables()
        .AddInMemoryCollection(settings);

    private static async Task RunAsync(WebApplication app, ProcessExit exit)
    {
        try
        {
            await app.RunAsync();
        }
        catch (OperationCanceledException) when (exit.Message is not null)
        {
            // A model was refused while the ports were still being opened; the message says why.
        }
    }
}
