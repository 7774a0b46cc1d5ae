using System.Text.RegularExpressions;
using ClipGrpc.FunctionalTests.Server;

namespace ClipGrpc.FunctionalTests.Http;

/// <summary>The commands of the page about interfaces work as they are written there.</summary>
public sealed partial class InterfacesPageTests(DemoServer demo)
{
    private static readonly string Root = FindRoot();

    public static TheoryData<string, string> Commands
    {
        get
        {
            var commands = new TheoryData<string, string>();
            var page = File.ReadAllText(Path.Combine(Root, "docs/guide/interfaces.md"));
            foreach (Match match in CurlCommand().Matches(page))
                commands.Add(match.Groups["path"].Value, match.Groups["line"].Value + match.Groups["document"].Value);
            return commands;
        }
    }

    public static TheoryData<string, string, string, string> FileCommands
    {
        get
        {
            var commands = new TheoryData<string, string, string, string>();
            foreach (Match match in FileCommand().Matches(
                File.ReadAllText(Path.Combine(Root, "docs/guide/interfaces.md"))))
            {
                commands.Add(
                    match.Groups["path"].Value, match.Groups["name"].Value, match.Groups["value"].Value,
                    match.Groups["file"].Value);
            }

            return commands;
        }
    }

    [Fact]
    public void Commands_OfThePage_AreAllFound() => Assert.Equal(
        Regex.Count(File.ReadAllText(Path.Combine(Root, "docs/guide/interfaces.md")), "^curl ", RegexOptions.Multiline),
        Commands.Count + FileCommands.Count);

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(FileCommands))]
    public async Task Command_WithAFile_IsAnswered(string path, string name, string value, string file)
    {
        using var content = new ByteArrayContent(
            await File.ReadAllBytesAsync(Path.Combine(Root, file), TestContext.Current.CancellationToken));
        content.Headers.Add(name, value);

        using var response = await demo.Server.Http.PostAsync(path, content, TestContext.Current.CancellationToken);

        Assert.Equal(200, (int)response.StatusCode);
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Commands))]
    public async Task Command_OfThePage_IsAnswered(string path, string body)
    {
        var json = EncodedFile().Replace(
            body, match => Convert.ToBase64String(File.ReadAllBytes(Path.Combine(Root, match.Groups[1].Value))));

        var response = await JsonResponse.PostAsync(demo.Server.Http, path, json);

        Assert.True(response.Code == 200, response.Body.ToString());
    }

    /// <summary>With its body on the command line or in a document after it.</summary>
    [GeneratedRegex(
        @"^curl http://localhost:8080(?<path>\S+) -d (?:'(?<line>[^']*)'|@- <<JSON\n(?<document>.*?)\nJSON)$",
        RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CurlCommand();

    [GeneratedRegex(
        @"^curl http://localhost:8080(?<path>\S+) -H '(?<name>[^:]+): (?<value>[^']*)' --data-binary @(?<file>\S+)$",
        RegexOptions.Multiline)]
    private static partial Regex FileCommand();

    [GeneratedRegex(@"\$\(base64 -w0 (\S+)\)")]
    private static partial Regex EncodedFile();

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ClipGrpc.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"ClipGrpc.sln is in no folder above {AppContext.BaseDirectory}.");
    }
}
