namespace ClipGrpc.Serving.Budget;

/// <summary>
/// The bytes that requests may take in the whole process, beside the models and the runtime. It is divided into shares,
/// by what the memory is for, which are reserved in their order here: a holder of one never waits for an earlier one.
/// </summary>
internal sealed class MemoryBudget
{
    /// <summary>
    /// A message takes its bytes on the wire, and at most twice as much when it is parsed: its text becomes UTF-16.
    /// </summary>
    public const int MessageFactor = 3;

    /// <summary>The objects around a message of any size.</summary>
    public const int MessageOverhead = 1024;

    /// <summary>A response takes its bytes on the wire and, in objects of a few fields, up to three times as much.
    /// </summary>
    public const int ResponseFactor = 4;

    /// <summary>Messages of up to this size are small.</summary>
    public const int SmallMessage = 1024 * 1024;

    private readonly int _maxMessageBytes;

    /// <param name="total">The budget; see <see cref="Resize"/>.</param>
    /// <param name="maxMessageBytes">The largest message, for which there is always room.</param>
    public MemoryBudget(long total, int maxMessageBytes)
    {
        _maxMessageBytes = maxMessageBytes;
        Compressed = new MemoryShare(0);
        Messages = new MemoryShare(0);
        Decoding = new MemoryShare(0);
        Responses = new MemoryShare(0);
        Resize(total);
    }

    /// <summary>Compressed messages, from their first byte until they are decompressed.</summary>
    public MemoryShare Compressed { get; }

    /// <summary>Messages, from their first byte until their response is written.</summary>
    public MemoryShare Messages { get; }

    /// <summary>Images that are being decoded: their pixels, and what the decoders need.</summary>
    public MemoryShare Decoding { get; }

    /// <summary>Responses, from before they are built until they are sent.</summary>
    public MemoryShare Responses { get; }

    public IEnumerable<(string Name, MemoryShare Share)> Shares =>
    [
        ("compressed", Compressed), ("messages", Messages), ("decoding", Decoding), ("responses", Responses),
    ];

    /// <summary>There was no room for some time.</summary>
    public static ClipException Exhausted(TimeSpan retryAfter) => new(
        ClipErrorReason.MemoryExhausted,
        "The requests that are being processed use the whole memory budget (Clip:Limits:MemoryBudget).")
    {
        RetryAfter = retryAfter,
    };

    public long Total => Shares.Sum(entry => entry.Share.Capacity);

    public long Used => Shares.Sum(entry => entry.Share.Used);

    /// <summary>The least budget in which a message of the largest size can be received and answered.</summary>
    public static long MinimumFor(int maxMessageBytes) => 11L * maxMessageBytes;

    /// <summary>What is reserved for a message of so many bytes, uncompressed.</summary>
    public static long CostOf(long messageBytes) => (MessageFactor * messageBytes) + MessageOverhead;

    public static SizeClass SizeClassOf(long messageBytes) =>
        messageBytes <= SmallMessage ? SizeClass.Small : SizeClass.Large;

    /// <summary>
    /// The budget where none is configured: three quarters of what the process may use and does not use yet. The rest
    /// is for garbage that is not collected yet, and for what is not counted.
    /// </summary>
    /// <param name="available">Of the container or the machine.</param>
    /// <param name="taken">By the models and the runtime.</param>
    public static long Derive(long available, long taken) => Math.Max(available - taken, 0) / 4 * 3;

    /// <summary>Sets the total; never less than <see cref="MinimumFor"/>.</summary>
    public void Resize(long total)
    {
        total = Math.Max(total, MinimumFor(_maxMessageBytes));
        var compressed = Math.Max(total / 10, _maxMessageBytes);
        var responses = Math.Max(total / 8, _maxMessageBytes);
        var decoding = (total - compressed - responses) / 2;
        Compressed.Resize(compressed);
        Responses.Resize(responses);
        Decoding.Resize(decoding);
        Messages.Resize(total - compressed - responses - decoding);
    }
}
