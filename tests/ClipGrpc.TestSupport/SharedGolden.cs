namespace ClipGrpc.TestSupport;

/// <summary>
/// The folder <c>shared/golden</c> beside the repository, or where CLIPGRPC_GOLDEN says: reference data that does not
/// come with the project.
/// </summary>
internal static class SharedGolden
{
    /// <summary>Null where there is none.</summary>
    public static string? Root { get; } = Find();

    /// <summary>A file or folder in it. Skips the test where it is not there.</summary>
    public static string PathOrSkip(params string[] parts)
    {
        Assert.SkipWhen(Root is null, "The folder shared/golden is not beside the repository.");
        return Path.Combine([Root, .. parts]);
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("CLIPGRPC_GOLDEN") is { Length: > 0 } named)
            return named;

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "golden");
            if (Directory.Exists(candidate))
                return candidate;
        }

        return null;
    }
}
