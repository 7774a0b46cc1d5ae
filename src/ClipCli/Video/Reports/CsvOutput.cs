using System.Globalization;

namespace ClipGrpc.Cli.Video.Reports;

/// <summary>Segments as CSV (RFC 4180), a row as soon as its segment has ended.</summary>
internal sealed class CsvOutput : IVideoOutput
{
    private static readonly char[] Special = [',', '"', '\r', '\n'];

    private readonly TextWriter _writer;

    public CsvOutput(TextWriter writer)
    {
        _writer = writer;
        _writer.WriteLine("source,label,start_seconds,end_seconds,peak,mean");
    }

    public void Write(VideoMoment moment)
    {
    }

    public void Write(FoundSegment segment)
    {
        _writer.WriteLine(string.Join(
            ',',
            Quote(segment.Run.Source.Name),
            Quote(segment.Label),
            Number(segment.Start.TotalSeconds),
            Number(segment.End.TotalSeconds),
            Number(segment.Peak),
            Number(segment.Mean)));
        // A run that is killed leaves what it found.
        _writer.Flush();
    }

    public async Task FinishAsync(IReadOnlyList<SourceRun> runs) => await _writer.DisposeAsync();

    public static string Quote(string text) => text.IndexOfAny(Special) >= 0 || text.Trim().Length != text.Length
        ? $"\"{text.Replace("\"", "\"\"")}\""
        : text;

    private static string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);
}
