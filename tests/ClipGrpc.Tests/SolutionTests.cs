using System.Runtime.CompilerServices;
using System.Text.Json;

namespace ClipGrpc.Tests;

public sealed class SolutionTests
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(SourceFolder(), "..", ".."));

    [Fact]
    public void Contract_Package_IsClipGrpcV1() =>
        Assert.Equal("clipgrpc.v1", ClipGrpc.V1.ClipReflection.Descriptor.Package);

    /// <summary>
    /// The restore of an image fails where a lock file is out of date; here it is noticed before an image is built.
    /// </summary>
    [Theory]
    [InlineData("linux-x64")]
    [InlineData("linux-arm64")]
    [InlineData("linux-x64.gpu")]
    public void LockFiles_OfTheContainerImages_HoldTheSamePackagesAsTheOthers(string variant)
    {
        var folders = new[] { "protos", "src/ClipImaging", "src/ClipModels", "src/ClipServing", "src/ClipServer" };
        foreach (var folder in folders)
        {
            var general = Packages(Path.Combine(Root, folder, "packages.lock.json"));
            var held = Packages(Path.Combine(Root, folder, $"packages.{variant}.lock.json"));

            // The package of the runtime for GPUs is another one than for CPUs, and so is the release of its API.
            var other = variant.EndsWith(".gpu", StringComparison.Ordinal) ? "Microsoft.ML.OnnxRuntime" : "none";
            var expected = general.Where(pair => !pair.Key.StartsWith(other, StringComparison.Ordinal)).ToList();
            Assert.Equal(
                expected, held.Where(pair => !pair.Key.StartsWith(other, StringComparison.Ordinal)).ToList());
        }
    }

    private static SortedDictionary<string, string?> Packages(string lockFile)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(lockFile));
        var packages = new SortedDictionary<string, string?>(StringComparer.Ordinal);
        var held = document.RootElement.GetProperty("dependencies").GetProperty("net10.0");
        foreach (var package in held.EnumerateObject())
        {
            packages[package.Name] = package.Value.TryGetProperty("contentHash", out var hash)
                ? hash.GetString() : package.Value.GetProperty("type").GetString();
        }

        return packages;
    }

    private static string SourceFolder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
