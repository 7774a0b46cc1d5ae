using ClipGrpc.Server.Access;
using ClipGrpc.Server.Rpc;
using ClipGrpc.Serving;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Tests.Telemetry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.Tests.Rpc;

public sealed class WorkContextsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly WorkContexts _contexts;

    public WorkContextsTests() => _contexts = new WorkContexts(
        new CallerKeys(),
        Options.Create(new LimitOptions { DefaultDeadline = TimeSpan.FromMinutes(3) }),
        _time);

    [Fact]
    public void Of_CallWithADeadline_HasThatOne()
    {
        var deadline = _time.GetUtcNow().UtcDateTime + TimeSpan.FromHours(1);
        var work = _contexts.Of(Call(new DefaultHttpContext(), deadline), WorkPriority.Bulk);
        Assert.Equal(WorkPriority.Bulk, work.Priority);
        Assert.Equal(deadline, work.Deadline!.Value.UtcDateTime);
        Assert.Null(work.Expiry);
    }

    [Fact]
    public void Of_CallWithoutADeadline_ExpiresAfterTheDefaultFromNow()
    {
        var call = Call(new DefaultHttpContext());
        _time.Advance(TimeSpan.FromMinutes(1)); // an item of a stream comes later
        var work = _contexts.Of(call, WorkPriority.Interactive);
        Assert.Null(work.Deadline);
        Assert.Equal(_time.GetUtcNow() + TimeSpan.FromMinutes(3), work.Expiry);
    }

    [Fact]
    public void Of_CallsOfOneConnection_AreOneCaller()
    {
        var (one, other) = (new ConnectionOrigin(Listener.Grpc, null), new ConnectionOrigin(Listener.Grpc, null));
        Assert.Same(CallerOf(one), CallerOf(one));
        Assert.NotSame(CallerOf(one), CallerOf(other));
        Assert.NotSame(CallerKey.None, CallerOf(one));
    }

    [Fact]
    public void Of_CallsWithOneApiKey_AreOneCallerOnAllConnections()
    {
        var (one, other) = (new ConnectionOrigin(Listener.Grpc, null), new ConnectionOrigin(Listener.Grpc, null));
        Assert.Same(CallerOf(one, NewKey("a")), CallerOf(other, NewKey("a")));
        Assert.NotSame(CallerOf(one, NewKey("a")), CallerOf(one, NewKey("b")));
        Assert.NotSame(CallerOf(one, Caller.Anonymous(Roles.All)), CallerOf(other, Caller.Anonymous(Roles.All)));
    }

    private static Caller NewKey(string name) => new(name, name, Roles.All);

    private CallerKey CallerOf(ConnectionOrigin origin, Caller? caller = null)
    {
        var context = new DefaultHttpContext();
        context.Features.Set(origin);
        context.Features.Set(caller);
        return _contexts.Of(Call(context), WorkPriority.Interactive).Caller;
    }

    private static TestCallContext Call(HttpContext context, DateTime? deadline = null)
    {
        var call = new TestCallContext("Embed", deadline ?? DateTime.MaxValue, CancellationToken.None);
        call.UserState["__HttpContext"] = context;
        return call;
    }
}
