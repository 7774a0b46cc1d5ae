using Microsoft.AspNetCore.Http;

namespace ClipGrpc.TestSupport;

/// <summary>Answers some requests otherwise than the <see cref="FakeHub"/> would.</summary>
internal sealed class FakeHubFault(Func<FakeHubRequest, bool> matches, int times, Func<HttpContext, Task> answer)
{
    private int _left = times;

    public Func<HttpContext, Task> Answer { get; } = answer;

    public bool Takes(FakeHubRequest request) => matches(request) && Interlocked.Decrement(ref _left) >= 0;
}
