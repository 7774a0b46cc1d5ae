namespace ClipGrpc.Cli;

/// <summary>The client's messages name its options; the users of the command know them as flags.</summary>
internal static class FlagNames
{
    private const string Options = "ClipClientOptions.";

    private static readonly (string Option, string Flag)[] Names =
    [
        ("Tls.CaFile", "--tls-ca"),
        ("Tls.CertificateFile", "--tls-cert"),
        ("Tls.KeyFile", "--tls-key"),
        ("Tls.Enabled", "--tls-ca"),
        ("AllowCleartextCredentials", "--allow-cleartext-credentials"),
        ("ApiKey", "CLIP_API_KEY or --api-key-file"),
        ("Addresses", "--server"),
        ("LoadTimeout", "--wait"),
        ("Timeout", "--timeout"),
    ];

    /// <summary>Of a failed call, whose message has the full names of options.</summary>
    public static string InCall(string message) => Replace(message, Options);

    /// <summary>Of options that are not valid.</summary>
    public static string InOptions(string message) => Replace(message, "");

    private static string Replace(string message, string prefix)
    {
        foreach (var (option, flag) in Names)
            message = message.Replace(prefix + option, flag, StringComparison.Ordinal);
        return message;
    }
}
