using System.CommandLine;
using System.Globalization;
using ClipGrpc.Client;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Cli.Commands;

/// <summary>The options of every command that talks to a server.</summary>
internal sealed class ServerOptions
{
    private const string AddressVariable = "CLIP_SERVER";
    private const double DefaultTimeoutSeconds = 60;

    // How long a command waits for a server that has not responded yet. A wrong address is to be reported soon.
    private static readonly TimeSpan FirstResponse = TimeSpan.FromSeconds(5);

    // For commands that report on the server as it is.
    private const int Attempts = 4;

    // Enough for the server to fill its batches, and few enough for the progress bar to move.
    public const int ItemsPerCall = 16;

    private readonly Option<string> _server = new("--server")
    {
        HelpName = "URL",
        Description = $"The server's address; {AddressVariable} in the environment sets the default.",
        DefaultValueFactory = _ =>
            Environment.GetEnvironmentVariable(AddressVariable) is { Length: > 0 } address
                ? address
                : ClipClientOptions.DefaultAddress,
    };

    private readonly Option<double> _timeout = new("--timeout")
    {
        HelpName = "SECONDS",
        Description = "How long one call may take, and how long a server that is gone is waited for.",
        DefaultValueFactory = _ => DefaultTimeoutSeconds,
    };

    public ServerOptions(Command command)
    {
        _timeout.Validators.Add(result =>
        {
            if (result.Tokens is [var token]
                && double.TryParse(token.Value, CultureInfo.InvariantCulture, out var seconds)
                && seconds is not (> 0 and <= 86_400))
            {
                result.AddError("--timeout must be more than 0 and at most 86400 seconds.");
            }
        });
        command.Add(_server);
        command.Add(_timeout);
    }

    /// <summary>
    /// Opens a client and does the command's work with it. A server that has responded and is then unavailable is
    /// waited for, up to <c>--timeout</c>, and a line says so.
    /// </summary>
    public Task<int> UseClientAsync(
        ParseResult parsed, CliConsole console, Func<ClipClient, Task<int>> work, int itemsPerCall = ItemsPerCall) =>
        UseClientAsync(parsed, work, options =>
        {
            options.MaxItemsPerCall = itemsPerCall;
            options.RetryFor = options.Timeout;
            options.InitialRetryFor = options.Timeout < FirstResponse ? options.Timeout : FirstResponse;
            options.OnServerLost = error => console.Notices.WriteLine(
                $"clip: waiting for the server at {options.Addresses[0]}, for up to "
                + $"{options.Timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s: {error.Message}");
        });

    /// <summary>Opens a client and does the command's work with it, without waiting for the server for long.</summary>
    public Task<int> UseClientNowAsync(ParseResult parsed, Func<ClipClient, Task<int>> work) =>
        UseClientAsync(parsed, work, options => options.MaxAttempts = Attempts);

    private async Task<int> UseClientAsync(
        ParseResult parsed, Func<ClipClient, Task<int>> work, Action<ClipClientOptions> configure)
    {
        var address = parsed.GetRequiredValue(_server);
        using var client = CreateClient(address, options =>
        {
            options.Timeout = TimeSpan.FromSeconds(parsed.GetValue(_timeout));
            configure(options);
        });
        try
        {
            return await work(client);
        }
        catch (ClipClientException exception) when (exception.IsConnectionFailure)
        {
            throw new CliException(
                ExitCode.Failure,
                $"no server answers at {address}. Start one with: dotnet run -c Release --project src/ClipServer",
                exception);
        }
    }

    private static ClipClient CreateClient(string address, Action<ClipClientOptions> configure)
    {
        try
        {
            return ClipClient.ForAddress(address, configure);
        }
        catch (OptionsValidationException exception)
        {
            throw CliException.WrongUse($"--server: {exception.Message}", exception);
        }
    }
}
