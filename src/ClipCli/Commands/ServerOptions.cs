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
        Description = "How long one call may take.",
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

    /// <summary>Opens a client and does the command's work with it.</summary>
    public async Task<int> UseClientAsync(
        ParseResult parsed, Func<ClipClient, Task<int>> work, int itemsPerCall = ItemsPerCall)
    {
        var address = parsed.GetRequiredValue(_server);
        using var client = CreateClient(address, TimeSpan.FromSeconds(parsed.GetValue(_timeout)), itemsPerCall);
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

    private static ClipClient CreateClient(string address, TimeSpan timeout, int itemsPerCall)
    {
        try
        {
            return ClipClient.ForAddress(address, options =>
            {
                options.Timeout = timeout;
                options.MaxItemsPerCall = itemsPerCall;
            });
        }
        catch (OptionsValidationException exception)
        {
            throw CliException.WrongUse($"--server: {exception.Message}", exception);
        }
    }
}
