namespace ClipGrpc.Server.Hosting;

/// <summary>An exception as log lines show it, where its own text has control characters.</summary>
internal sealed class EscapedException : Exception
{
    private readonly string _text;

    private EscapedException(Exception exception, string text)
        : base(LogText.Escape(exception.Message)) => _text = text;

    /// <summary>The exception itself where its text is harmless.</summary>
    public static Exception? Of(Exception? exception)
    {
        if (exception is null)
            return null;
        var text = exception.ToString();
        var escaped = LogText.EscapeLines(text);
        return ReferenceEquals(text, escaped) ? exception : new EscapedException(exception, escaped);
    }

    public override string ToString() => _text;
}
