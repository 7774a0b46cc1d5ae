using System.Buffers.Text;
using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace ClipGrpc.Cli.Commands;

/// <summary>
/// <c>clip key create NAME</c>: a new API key, and the line by which a server knows it. The key itself is kept nowhere.
/// </summary>
internal sealed partial class KeyCommand : Command
{
    private const string Prefix = "clip_";
    private const int SecretBytes = 32;

    public KeyCommand(CliConsole console)
        : base("key", "Create API keys for a server.")
    {
        var name = new Argument<string>("NAME")
        {
            Description = "Name of the caller in logs and metrics: letters, digits, '.', '_' and '-'.",
        };
        name.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !ValidName().IsMatch(token.Value))
                result.AddError("NAME must be 1 to 64 letters, digits, '.', '_' and '-'.");
        });
        var settings = new Option<string[]>("--set")
        {
            HelpName = "KEY=VALUE",
            Description = "roles=infer,models:read,models:write,metrics; rate=ITEMS_PER_SECOND; burst=ITEMS; "
                + "concurrency=CALLS. Can be repeated.",
            AllowMultipleArgumentsPerToken = true,
        };
        var file = new Option<string?>("--append-to")
        {
            HelpName = "FILE",
            Description = "Append the line to the server's file of keys, and print only the key.",
        };
        var create = new Command("create", "Create a key and its line for the server's --api-keys file.")
        {
            name, settings, file,
        };
        create.SetAction((parsed, cancellationToken) => CreateAsync(
            parsed.GetRequiredValue(name), parsed.GetValue(settings) ?? [], parsed.GetValue(file), console,
            cancellationToken));
        Add(create);
    }

    private static async Task<int> CreateAsync(
        string name, string[] settings, string? file, CliConsole console, CancellationToken cancellationToken)
    {
        if (Array.Find(settings, setting => !setting.Contains('=') || setting.Any(char.IsWhiteSpace)) is { } wrong)
            throw CliException.WrongUse($"--set: \"{wrong}\" is not KEY=VALUE.");

        var key = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
        var line = string.Join(' ', [$"{name}: sha256:{digest}", .. settings]);
        if (file is null)
        {
            await console.Error.WriteLineAsync("The key, which is shown only now, and the line for --api-keys:");
            await console.Out.WriteLineAsync(key);
            await console.Out.WriteLineAsync(line);
            return ExitCode.Success;
        }

        try
        {
            await File.AppendAllTextAsync(file, line + "\n", cancellationToken);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new CliException(ExitCode.Failure, exception.Message, exception);
        }

        await console.Out.WriteLineAsync(key);
        return ExitCode.Success;
    }

    [GeneratedRegex(@"\A[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex ValidName();
}
