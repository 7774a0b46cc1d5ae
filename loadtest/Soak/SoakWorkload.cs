using ClipGrpc.LoadTest.Driving;
using Grpc.Core;

namespace ClipGrpc.LoadTest.Soak;

/// <summary>A kind of call in a long mixed load, and how it may end.</summary>
/// <param name="Weight">Of all calls.</param>
/// <param name="Expected">The right statuses. Rejections for overload are right for all.</param>
internal sealed record SoakWorkload(IWorkload Workload, int Weight, params IReadOnlyList<StatusCode> Expected)
{
    private static readonly IReadOnlyList<StatusCode> Overload =
        [StatusCode.ResourceExhausted, StatusCode.DeadlineExceeded];

    /// <summary>How many calls ended as none of their kind should.</summary>
    public long CountWrong(LoadResult result) => result.Statuses
        .Where(status => !Expected.Contains(status.Key) && !Overload.Contains(status.Key))
        .Sum(status => status.Value);
}
