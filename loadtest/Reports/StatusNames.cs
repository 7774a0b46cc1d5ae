using System.Text;
using Grpc.Core;

namespace ClipGrpc.LoadTest.Reports;

internal static class StatusNames
{
    /// <summary>As ghz writes them: <c>OK</c>, <c>ResourceExhausted</c>.</summary>
    public static string Of(StatusCode status) => status.ToString();

    /// <summary>All of them with their counts, for a line.</summary>
    public static string Line(IEnumerable<KeyValuePair<StatusCode, long>> statuses)
    {
        var line = new StringBuilder();
        foreach (var (status, count) in statuses)
            line.Append(line.Length > 0 ? ", " : "").Append(Of(status)).Append(' ').Append(count);
        return line.ToString();
    }
}
