using System.Diagnostics.CodeAnalysis;
using ClipGrpc.Models.Files;

namespace ClipGrpc.Models.Hub;

/// <summary>
/// A Hub model at a revision. Created only by <see cref="TryParse"/>, so it is safe in paths and URLs.
/// </summary>
internal sealed record HubModelId
{
    public const string DefaultRevision = "main";

    // The Hub's own limit on a name; a revision has git's.
    private const int MaxNameLength = 96;
    private const int MaxRevisionLength = 255;

    private HubModelId(string id, string revision)
    {
        Id = id;
        Revision = revision;
    }

    /// <summary>organisation/name.</summary>
    public string Id { get; }

    public string Organization => Id[..Id.IndexOf('/')];

    /// <summary>A branch, tag or commit.</summary>
    public string Revision { get; }

    public bool IsCommit => SnapshotFolder.IsCommitHash(Revision);

    /// <summary>Reads <c>organisation/name</c> or <c>organisation/name@revision</c>.</summary>
    public static bool TryParse(string source, [NotNullWhen(true)] out HubModelId? model)
    {
        var at = source.IndexOf('@');
        var id = at < 0 ? source : source[..at];
        var revision = at < 0 ? DefaultRevision : source[(at + 1)..];
        var parts = id.Split('/');
        model = parts.Length == 2 && parts.All(IsName) && IsRevision(revision) ? new HubModelId(id, revision) : null;
        return model is not null;
    }

    public override string ToString() => Revision == DefaultRevision ? Id : $"{Id}@{Revision}";

    private static bool IsName(string name) =>
        name.Length is > 0 and <= MaxNameLength
        && name.All(IsNameCharacter)
        && name[0] is not ('-' or '.') && name[^1] is not ('-' or '.')
        && !name.Contains("--", StringComparison.Ordinal) && !name.Contains("..", StringComparison.Ordinal);

    private static bool IsRevision(string revision) =>
        revision.Length is > 0 and <= MaxRevisionLength
        && revision.Split('/').All(part =>
            part.Length > 0 && part.All(IsNameCharacter) && part[0] is not ('-' or '.') && part[^1] != '.'
            && !part.Contains("..", StringComparison.Ordinal));

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-';
}
