using System.Reflection;
using System.Text.RegularExpressions;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Server.Access;
using ClipGrpc.Server.Configuration;
using ClipGrpc.Server.Http;
using ClipGrpc.Serving;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Preprocessing;
using ClipGrpc.Serving.Texts;

namespace ClipGrpc.Tests.Architecture;

/// <summary>Links, and what the guide states about settings, flags and tests, agree with the repository.</summary>
public sealed partial class DocumentationTests
{
    private const string Guide = "docs/guide/";

    private static readonly (string Section, Type Options)[] Sections =
    [
        ("Server", typeof(ServerOptions)),
        ("Limits", typeof(LimitOptions)),
        ("Preprocess", typeof(PreprocessOptions)),
        ("Batching", typeof(BatchingOptions)),
        ("Inference", typeof(InferenceOptions)),
        ("TextCache", typeof(TextCacheOptions)),
        ("Http", typeof(HttpOptions)),
        ("Access", typeof(AccessOptions)),
        ("Tls", typeof(TlsOptions)),
    ];

    [Fact]
    public void Links_OfEveryPage_Resolve() => Repository.AssertNone(
        "Links that lead nowhere",
        from path in Repository.Pages()
        from link in FindLinks(File.ReadAllText(Repository.FullPath(path)))
        where !Resolves(path, link)
        select $"{path}: {link}");

    [Fact]
    public void Settings_OfTheServer_AreAllInTheGuide()
    {
        var keys = GuideText("operations.md") + GuideText("security.md");

        Repository.AssertNone(
            "Settings that neither operations.md nor security.md describes",
            from section in Sections
            from property in section.Options.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            where property.SetMethod?.IsPublic == true && !IsDescribed(keys, section.Section, property.Name)
            select $"Clip:{section.Section}:{property.Name}");
    }

    [Fact]
    public void Flags_OfTheServer_AreAllInTheSettings()
    {
        var page = GuideText("operations.md");

        Repository.AssertNone(
            "Flags that operations.md does not have",
            ServerFlags.All.Select(flag => flag.Name)
                .Where(name => !page.Contains($"`{name}`", StringComparison.Ordinal)));
    }

    [Fact]
    public void Tests_NamedInTheGuide_Exist()
    {
        var classes = Repository.SourceFiles().Where(path => path.StartsWith("tests/", StringComparison.Ordinal))
            .Select(Path.GetFileNameWithoutExtension).ToHashSet();

        Repository.AssertNone(
            "Tests that do not exist",
            from path in Repository.Pages()
            where path.StartsWith(Guide, StringComparison.Ordinal)
            from Match match in TestName().Matches(File.ReadAllText(Repository.FullPath(path)))
            where !classes.Contains(match.Groups[1].Value)
            select $"{path}: {match.Groups[1].Value}");
    }

    [Theory]
    [InlineData("README.md#get-started", true)]
    [InlineData("README.md#no-such-heading", false)]
    [InlineData("docs/no-such-page.md", false)]
    [InlineData("docs/guide", true)]
    [InlineData("https://example.com/no-such-page#heading", true)]
    public void Resolves_Link_IsWhetherItsTargetExists(string link, bool expected) =>
        Assert.Equal(expected, Resolves("CHANGELOG.md", link));

    [Fact]
    public void FindAnchors_Headings_AreAsOnGitHub() => Assert.Equal(
        ["memory-for-an-image", "1-run-it", "plug-in-providers", "memory-for-an-image-1"],
        FindAnchors(
            "# Memory for an image\n\n## 1. Run it!\n### [Plug-in](x.md) `providers`\n```\n# code\n```\n"
            + "# Memory for an image\n"));

    private static string GuideText(string page) => File.ReadAllText(Repository.FullPath(Guide + page));

    /// <summary>As <c>`Clip:Http:OpenAi`</c> or, after another key of the section, as <c>`:OpenAi`</c>.</summary>
    private static bool IsDescribed(string page, string section, string name) =>
        page.Contains($"`Clip:{section}:{name}`", StringComparison.Ordinal)
        || page.Contains($"`Clip:{section}:{name}:", StringComparison.Ordinal)
        || Regex.IsMatch(page, $@"^\|.*`Clip:{section}:.*`:{name}`", RegexOptions.Multiline);

    private static IEnumerable<string> FindLinks(string page) =>
        Link().Matches(CodeBlock().Replace(page, "")).Select(match => match.Groups[1].Value);

    private static bool Resolves(string page, string link)
    {
        if (Scheme().IsMatch(link))
            return true;

        var parts = link.Split('#', 2);
        var target = parts[0].Length == 0
            ? Repository.FullPath(page)
            : Path.Combine(Path.GetDirectoryName(Repository.FullPath(page))!, parts[0]);
        if (!Path.Exists(target))
            return false;

        return parts.Length == 1 || FindAnchors(File.ReadAllText(target)).Contains(parts[1]);
    }

    /// <summary>The anchors that GitHub gives to headings; further ones of the same text have a number.</summary>
    private static List<string> FindAnchors(string page)
    {
        var anchors = new List<string>();
        var counts = new Dictionary<string, int>();
        foreach (Match match in Heading().Matches(CodeBlock().Replace(page, "")))
        {
            var text = LinkedText().Replace(match.Groups[1].Value, "$1").Trim().ToLowerInvariant();
            var anchor = NotInAnchors().Replace(text, "").Replace(' ', '-');
            var count = counts[anchor] = counts.GetValueOrDefault(anchor) + 1;
            anchors.Add(count == 1 ? anchor : $"{anchor}-{count - 1}");
        }

        return anchors;
    }

    [GeneratedRegex("^[a-z]+:")]
    private static partial Regex Scheme();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"\[([^\]]*)\]\([^)]*\)")]
    private static partial Regex LinkedText();

    [GeneratedRegex(@"^#{1,6} +(.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchors();

    [GeneratedRegex(@"`([A-Z]\w*Tests)`")]
    private static partial Regex TestName();
}
