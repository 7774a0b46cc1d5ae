using System.CommandLine;
using System.Globalization;
using ClipGrpc.Client;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Cli.Commands;

/// <summary>The options of every command that talks to a server.</summary>
internal sealed class ServerOptions
{
    private const string AddressVariable = "CLIP_SERVER";
    private const string KeyVariable = "CLIP_API_KEY";
    private const long MaxKeyFileBytes = 64 * 1024;
    private const double DefaultTimeoutSeconds = 60;

    // How long a command waits for a server that has not responded yet. A wrong address is to be reported soon.
    private static readonly TimeSpan FirstResponse = TimeSpan.FromSeconds(5);

    // For commands that report on the server as it is.
    private const int Attempts = 4;

    // Enough for the server to fill its batches, and few enough for the progress bar to move.
    public const int ItemsPerCall = 16;

    /// <summary>How long an item from a pipe waits for others to fill its call.</summary>
    public static readonly TimeSpan PipeDelay = TimeSpan.FromMilliseconds(100);

    private readonly Option<string> _server = new("--server")
    {
        HelpName = "ADDRESS",
        Description = "The server: http://host:port, https://host:port, host:port, dns:///name:port or unix:/path; "
            + $"the environment variable {AddressVariable} sets the default.",
        DefaultValueFactory = _ =>
            Environment.GetEnvironmentVariable(AddressVariable) is { Length: > 0 } address
                ? address
                : ClipClientOptions.DefaultAddress,
    };

    private readonly Option<string?> _keyFile = new("--api-key-file")
    {
        HelpName = "FILE",
        Description = $"File with the API key or token. Alternative: the environment variable {KeyVariable}.",
    };

    private readonly Option<string?> _ca = new("--tls-ca")
    {
        HelpName = "FILE",
        Description = "Certificate authority of the server's certificate (PEM). Default: those of the system.",
    };

    private readonly Option<string?> _certificate = new("--tls-cert")
    {
        HelpName = "FILE",
        Description = "Client certificate for mutual TLS (PEM).",
    };

    private readonly Option<string?> _key = new("--tls-key")
    {
        HelpName = "FILE",
        Description = "Private key of the client certificate (PEM). Default: the key in the file of --tls-cert.",
    };

    private readonly Option<bool> _allowCleartext = new("--allow-cleartext-credentials")
    {
        Description = "Send the API key without TLS to other machines too.",
    };

    private readonly Option<double> _timeout = new("--timeout")
    {
        HelpName = "SECONDS",
        Description = "Maximum duration of a call, and maximum time to wait for an unavailable server.",
        DefaultValueFactory = _ => DefaultTimeoutSeconds,
    };

    public ServerOptions(Command command)
    {
        _timeout.RequireSeconds(most: 86_400);
        command.Add(_server);
        command.Add(_timeout);
        command.Add(_keyFile);
        command.Add(_ca);
        command.Add(_certificate);
        command.Add(_key);
        command.Add(_allowCleartext);
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
                $"clip: waiting for the server at {parsed.GetRequiredValue(_server)}, for up to "
                + $"{options.Timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s: "
                + FlagNames.InCall(error.Message));
        });

    /// <summary>Opens a client and does the command's work with it, without waiting for the server for long.</summary>
    public Task<int> UseClientNowAsync(
        ParseResult parsed, Func<ClipClient, Task<int>> work, Action<ClipClientOptions>? configure = null) =>
        UseClientAsync(parsed, work, options =>
        {
            options.MaxAttempts = Attempts;
            configure?.Invoke(options);
        });

    /// <summary>The server's address as it was given.</summary>
    public string ReadAddress(ParseResult parsed) => parsed.GetRequiredValue(_server);

    private async Task<int> UseClientAsync(
        ParseResult parsed, Func<ClipClient, Task<int>> work, Action<ClipClientOptions> configure)
    {
        var options = ReadOptions(parsed);
        configure(options);
        using var client = CreateClient(options);
        try
        {
            return await work(client);
        }
        catch (ClipClientException exception) when (exception.IsConnectionFailure)
        {
            throw new CliException(
                ExitCode.Failure,
                $"{FlagNames.InCall(exception.Message)} --server or {AddressVariable} names another server; "
                + $"'{ClipApp.Name} doctor' checks more.",
                exception);
        }
    }

    private ClipClientOptions ReadOptions(ParseResult parsed)
    {
        var options = new ClipClientOptions
        {
            Timeout = TimeSpan.FromSeconds(parsed.GetValue(_timeout)),
            ApiKey = ReadKey(parsed.GetValue(_keyFile)),
            AllowCleartextCredentials = parsed.GetValue(_allowCleartext),
            Tls =
            {
                CaFile = parsed.GetValue(_ca),
                CertificateFile = parsed.GetValue(_certificate),
                KeyFile = parsed.GetValue(_key),
            },
        };

        // The client's own default is the same address, with TLS where the flags are about TLS.
        var address = parsed.GetRequiredValue(_server);
        if (address != ClipClientOptions.DefaultAddress || parsed.GetResult(_server) is { Implicit: false })
            options.Addresses.Add(address);
        return options;
    }

    private static string? ReadKey(string? file)
    {
        if (file is null)
            return Environment.GetEnvironmentVariable(KeyVariable) is { Length: > 0 } key ? key : null;

        try
        {
            using var stream = File.OpenRead(file);
            if (stream.CanSeek && stream.Length > MaxKeyFileBytes)
                throw CliException.WrongUse($"--api-key-file: {file} has more than {MaxKeyFileBytes} bytes.");
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd().Trim() is { Length: > 0 } key
                ? key
                : throw CliException.WrongUse($"--api-key-file: {file} is empty.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.WrongUse($"--api-key-file: {exception.Message}", exception);
        }
    }

    private static ClipClient CreateClient(ClipClientOptions options)
    {
        try
        {
            return ClipClient.Create(options);
        }
        catch (OptionsValidationException exception)
        {
            throw CliException.WrongUse(FlagNames.InOptions(exception.Message), exception);
        }
    }
}
