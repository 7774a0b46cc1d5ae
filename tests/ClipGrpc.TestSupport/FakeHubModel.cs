using System.Text;

namespace ClipGrpc.TestSupport;

/// <summary>
/// A model at the <see cref="FakeHub"/>: one commit, reached by its hash and by any of its revisions.
/// </summary>
internal sealed class FakeHubModel(string id, string commit)
{
    public string Id { get; } = id;

    /// <summary>What the description says; the files are there under any commit.</summary>
    public string Commit { get; set; } = commit;

    public HashSet<string> Revisions { get; } = ["main"];

    public Dictionary<string, FakeHubFile> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>Names that only the description lists.</summary>
    public List<string> ListedOnly { get; } = [];

    public FakeHubModel Small(string name, string content)
    {
        Files[name] = new FakeHubFile(Encoding.UTF8.GetBytes(content), IsLarge: false);
        return this;
    }

    public FakeHubModel Large(string name, byte[] content)
    {
        Files[name] = new FakeHubFile(content, IsLarge: true);
        return this;
    }
}
