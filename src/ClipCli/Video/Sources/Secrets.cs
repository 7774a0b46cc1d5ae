using System.Text.RegularExpressions;

namespace ClipGrpc.Cli.Video.Sources;

/// <summary>Keeps the passwords of addresses out of everything that is printed.</summary>
internal static partial class Secrets
{
    private const string Hidden = "***";

    /// <summary>Hides what addresses within a text have before the @, and credentials in their queries.</summary>
    public static string Hide(string text) =>
        QueryCredential().Replace(UserInformation().Replace(text, $"://{Hidden}@"), $"$1{Hidden}");

    [GeneratedRegex(@"://[^/?#\s'""]*@")]
    private static partial Regex UserInformation();

    [GeneratedRegex(
        @"([?&][^=&\s]*(?:pass|pwd|token|key|secret|auth|sig|user|login|account)[^=&\s]*=)[^&#\s'""]+",
        RegexOptions.IgnoreCase)]
    private static partial Regex QueryCredential();
}
