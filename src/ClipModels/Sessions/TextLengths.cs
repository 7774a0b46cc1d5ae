namespace ClipGrpc.Models.Sessions;

/// <summary>How long a batch of texts is, and which texts should share one.</summary>
internal sealed class TextLengths
{
    /// <summary>As a fraction of a batch's tokens.</summary>
    private const double LittlePadding = 0.1;

    private static readonly int[] Usual = [8, 16, 24, 32, 48, 64, 77];

    private readonly bool _isFixed;

    private TextLengths(IReadOnlyList<int> groups, bool isFixed)
    {
        Groups = groups;
        _isFixed = isFixed;
    }

    /// <summary>The longest text of each group, ascending; the last is the model's context.</summary>
    public IReadOnlyList<int> Groups { get; }

    /// <summary>The most that padding should be of a batch's tokens, as a fraction.</summary>
    public double MostPadding => _isFixed ? 1 : LittlePadding;

    /// <summary>
    /// On processors, where every shape is as good as another, a batch is as long as its longest text. Elsewhere it is
    /// as long as its group, so that shapes repeat; so it is wherever the settings have lengths.
    /// </summary>
    public static TextLengths Of(InferenceOptions options, ExecutionDevice device, int contextLength) =>
        device.IsProcessor && options.TextLengths is null ? Own(contextLength) : Fixed(options, contextLength);

    /// <summary>The settings' lengths, or the usual ones, as far as the context reaches.</summary>
    public static TextLengths Fixed(InferenceOptions options, int contextLength) => new(
        [
            .. (options.TextLengths ?? Usual).Where(length => length < contextLength).Distinct().Order(),
            contextLength,
        ],
        isFixed: true);

    /// <summary>The length of a batch.</summary>
    /// <param name="longest">Tokens of its longest text; at most the context.</param>
    public int PadTo(int longest) => _isFixed ? Groups.First(length => length >= longest) : longest;

    private static TextLengths Own(int contextLength)
    {
        var groups = new List<int>();
        for (var shortest = 1; shortest <= contextLength; shortest = groups[^1] + 1)
        {
            // The most padding is that of the shortest text beside the longest one.
            var longest = (int)Math.Floor(shortest / (1 - LittlePadding));
            groups.Add(Math.Min(longest, contextLength));
        }

        return new TextLengths(groups, isFixed: false);
    }
}
