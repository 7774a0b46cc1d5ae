using System.Collections.Concurrent;
using ClipGrpc.Serving.Batching;

namespace ClipGrpc.Server.Access;

/// <summary>
/// Whose work a call is, for everything that callers share fairly: that of an API key or of the subject of a token or
/// certificate, else of the connection.
/// </summary>
internal sealed class CallerKeys
{
    /// <summary>Subjects come and go; whoever is forgotten only begins again.</summary>
    private const int MostKnown = 10_000;

    private readonly ConcurrentDictionary<(string, string), CallerKey> _known = new();

    /// <returns>The same object for all calls of a caller.</returns>
    public CallerKey Of(HttpContext context) =>
        context.Features.Get<Caller>() is { IsAnonymous: false } caller && caller != Caller.Operator
            ? Of(caller)
            : context.Features.Get<ConnectionOrigin>()?.Key ?? CallerKey.None;

    private CallerKey Of(Caller caller)
    {
        if (_known.TryGetValue((caller.MetricLabel, caller.Name), out var known))
            return known;
        if (_known.Count >= MostKnown)
            _known.Clear();
        return _known.GetOrAdd((caller.MetricLabel, caller.Name), static _ => new CallerKey());
    }
}
