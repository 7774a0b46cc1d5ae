namespace ClipGrpc.LoadTest.Comparisons;

/// <summary>Every comparison by its name.</summary>
internal static class AllComparisons
{
    public const string Default = "saturation";

    private const string All = "all";

    // These need Python, which nothing else here does.
    private const string Pillow = "pillow";

    private static readonly Dictionary<string, Func<ComparisonContext, Comparison>> Known = new(StringComparer.Ordinal)
    {
        [Default] = context => new SaturationComparison(context),
        ["ceiling"] = context => new CeilingComparison(context),
        ["callers"] = context => new CallersComparison(context),
        ["latency"] = context => new LatencyComparison(context),
        ["texts"] = context => new TextsComparison(context),
        ["short-texts"] = context => new ShortTextComparison(context),
        ["cache"] = context => new TextCacheComparison(context),
        ["classify"] = context => new ClassifyComparison(context),
        ["empty"] = context => new EmptyModelComparison(context),
        ["http"] = context => new HttpComparison(context),
        ["overload"] = context => new OverloadComparison(context, "overload", times: 2, least: 0.9),
        ["overload-10"] = context => new OverloadComparison(context, "overload-10", times: 10, least: 0.95),
        ["tail"] = context => new TailComparison(context),
        ["fairness"] = context => new FairnessComparison(context),
        ["greedy"] = context => new GreedyComparison(context),
        ["idle"] = context => new IdleComparison(context),
        ["pillow-480x360"] = context => PillowComparison.OfFiles(context, 480, 360),
        ["pillow-1920x1080"] = context => PillowComparison.OfFiles(context, 1920, 1080),
        ["pillow-resize-480x360"] = context => PillowComparison.OfPixels(context, 480, 360),
        ["pillow-resize-1920x1080"] = context => PillowComparison.OfPixels(context, 1920, 1080),
    };

    public static IReadOnlyCollection<string> Names => Known.Keys;

    /// <summary>
    /// The comparisons of a list such as <c>saturation,tail</c>, <c>pillow</c>, or <c>all</c> but those.
    /// </summary>
    /// <exception cref="LoadTestException">No such comparison.</exception>
    public static IReadOnlyList<string> Read(string list)
    {
        if (list is All or Pillow)
            return [.. Names.Where(name => name.StartsWith(Pillow, StringComparison.Ordinal) == (list == Pillow))];

        var names = list.Split(',', StringSplitOptions.TrimEntries);
        var unknown = names.FirstOrDefault(name => !Known.ContainsKey(name));
        return unknown is null
            ? names
            : throw new LoadTestException(
                $"there is no comparison \"{unknown}\"; there are: {string.Join(", ", Names)}, {Pillow}, {All}.");
    }

    public static Comparison Create(string name, ComparisonContext context) => Known[name](context);
}
