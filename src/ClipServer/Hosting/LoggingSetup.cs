using ClipGrpc.Server.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Hosting;

/// <summary>Log lines go to the console, as text or JSON; section <c>Logging</c> sets levels as usual.</summary>
internal static class LoggingSetup
{
    /// <summary>
    /// What the framework reports when the start fails. The server tells of that itself, in one line, so they are
    /// silent until the start is over.
    /// </summary>
    private static readonly string[] StartupCategories =
        ["Microsoft.Extensions.Hosting.Internal.Host", "Microsoft.AspNetCore.Server.Kestrel"];

    /// <summary>
    /// As long as the framework may log a request, it makes an activity and a logging scope for each, which nothing
    /// here writes: 1 to 2 µs a call. Who traces with a listener still gets activities.
    /// </summary>
    private const string RequestCategory = "Microsoft.AspNetCore.Hosting.Diagnostics";

    /// <summary>
    /// The framework reports every message that it cannot read as an error with a stack trace, and any caller can cause
    /// that. The server logs such calls itself, in one line each, and its own errors with their cause.
    /// </summary>
    private const string CallCategory = "Grpc.AspNetCore.Server.ServerCallHandler";

    /// <summary>A probe responds with what is wrong; a log line per probe would only repeat it.</summary>
    private const string ProbeCategory = "Microsoft.Extensions.Diagnostics.HealthChecks";

    /// <summary>Limits what loggers write, in place of the framework's factory, which it uses.</summary>
    public static IServiceCollection LimitLogging(this IServiceCollection services) => services
        .Replace(ServiceDescriptor.Singleton<ILoggerFactory>(provider => new LimitedLoggerFactory(
            ActivatorUtilities.CreateInstance<LoggerFactory>(
                provider,
                provider.GetServices<ILoggerProvider>(),
                provider.GetRequiredService<IOptionsMonitor<LoggerFilterOptions>>(),
                provider.GetRequiredService<IOptions<LoggerFactoryOptions>>()),
            provider.GetRequiredService<TimeProvider>())));

    public static ILoggingBuilder AddClipLogging(
        this ILoggingBuilder logging, IConfiguration configuration, Func<bool> isStarting)
    {
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Grpc", LogLevel.Warning);
        logging.AddFilter(RequestCategory, LogLevel.None);
        logging.AddFilter(CallCategory, LogLevel.None);
        logging.AddFilter(ProbeCategory, LogLevel.None);
        logging.AddConfiguration(configuration.GetSection("Logging"));
        foreach (var category in StartupCategories)
            logging.AddFilter(category, level => level >= LogLevel.Warning && !isStarting());

        // A wrong value is reported by the configuration check; until then it is text.
        var isJson = Enum.TryParse<LogFormat>(configuration["Clip:Server:LogFormat"], ignoreCase: true, out var format)
            && format == LogFormat.Json;
        return isJson
            ? logging.AddJsonConsole(console =>
            {
                console.UseUtcTimestamp = true;
                console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
            })
            : logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "HH:mm:ss ";
            });
    }
}
