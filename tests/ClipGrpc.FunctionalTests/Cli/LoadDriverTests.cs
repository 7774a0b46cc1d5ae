using ClipGrpc.Cli.Benchmarks;
using ClipGrpc.FunctionalTests.LoadTest;
using ClipGrpc.V1;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;

namespace ClipGrpc.FunctionalTests.Cli;

public sealed class LoadDriverTests
{
    private static readonly BenchPlan Plan = new()
    {
        Callers = [1],
        ItemsPerCall = [1],
        Rates = [],
        RunsClosedLoop = true,
        RunsOpenLoop = true,
        Duration = TimeSpan.FromSeconds(1),
        WarmUp = TimeSpan.FromSeconds(1),
        Deadline = TimeSpan.FromSeconds(10),
    };

    private readonly FakeTimeProvider _time = new();

    [Fact(Timeout = 30_000)]
    public async Task Closed_CallsOf10Ms_Are100PerSecondWithoutTheWarmUp()
    {
        var driver = new LoadDriver(
            (_, number, _, _) =>
            {
                // Slower while it warms up.
                _time.Advance(TimeSpan.FromMilliseconds(number < 19 ? 50 : 10));
                return Task.FromResult(Ok(batch: 2, inferenceMicroseconds: 8000));
            },
            Plan, _time);

        var result = await driver.RunAsync(BenchStep.Closed(4, 1), CancellationToken.None);

        Assert.Equal(400, result.Throughput, 0.01);
        Assert.Equal(TimeSpan.FromMilliseconds(10), result.Percentile(0.5));
        Assert.Equal(2, result.MeanBatch!.Value, 1e-9);
        Assert.Equal(1, result.OkShare);
        // Two batches of 8 ms in each 10 ms are more than one device can: it is busy all the time.
        Assert.Equal(1, result.DeviceBusy);
    }

    [Fact(Timeout = 30_000)]
    public async Task Open_ServerStopsFor1Second_CountsInEveryCallThatWasDueThen()
    {
        var (result, _) = await JumpAsync(TimeSpan.FromSeconds(10));

        Assert.Equal(10, result.Calls);
        Assert.Equal(900, result.WorstLag.TotalMilliseconds, 0.01);
        // Whether the first call ended before the jump or after it, is left open.
        Assert.Superset(
            Enumerable.Range(1, 9).Select(number => number * 100.0).ToHashSet(),
            result.Latencies.Select(latency => Math.Round(latency.TotalMilliseconds)).ToHashSet());
    }

    [Fact(Timeout = 30_000)]
    public async Task Open_CallsThatNeverEnd_DoNotHoldBackLaterOnes()
    {
        var release = new TaskCompletionSource<CallOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        var sent = 0;
        var driver = new LoadDriver(
            (_, _, _, _) =>
            {
                Interlocked.Increment(ref sent);
                return release.Task;
            },
            Plan with { WarmUp = TimeSpan.Zero }, _time);

        var run = driver.RunAsync(BenchStep.Open(1, 10), CancellationToken.None);
        while (Volatile.Read(ref sent) < 10)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            await Task.Yield();
        }

        Assert.False(run.IsCompleted);
        release.SetResult(CallOutcome.Failed(StatusCode.DeadlineExceeded));
        var result = await run.WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(10, result.Statuses[StatusCode.DeadlineExceeded]);
        Assert.Null(result.Percentile(0.99));
    }

    [Fact(Timeout = 30_000)]
    public async Task Open_DueLongerAgoThanTheDeadline_IsNotSent()
    {
        var (result, sent) = await JumpAsync(TimeSpan.FromSeconds(0.35));

        // Due at 0 and from 0.7 s on; the others waited longer than they may take.
        Assert.Equal(4, sent);
        Assert.Equal(6, result.Statuses[StatusCode.DeadlineExceeded]);
    }

    [Fact(Timeout = 30_000)]
    public async Task Run_Cancelled_Ends()
    {
        using var cancellation = new CancellationTokenSource();
        var driver = new LoadDriver(
            async (_, _, _, token) =>
            {
                await cancellation.CancelAsync();
                token.ThrowIfCancellationRequested();
                return Ok();
            },
            Plan, _time);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => driver.RunAsync(BenchStep.Closed(1, 2), cancellation.Token));
    }

    [Fact(Timeout = 30_000)]
    public async Task BenchRun_NoMoreThroughput_EndsTheStepsAndOpensTheLoopAtShares()
    {
        // 100 calls per second, however many callers there are.
        var shown = new List<BenchStep>();
        var driver = new LoadDriver(
            (_, _, _, _) =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(10));
                return Task.FromResult(Ok());
            },
            Plan, _time);
        var plan = Plan with { Callers = [1, 2, 4, 8, 16], RunsOpenLoop = false };
        var run = new BenchRun(plan, driver, result => shown.Add(result.Step));

        var results = await run.RunAsync(CancellationToken.None);

        Assert.Equal([1, 2, 4], results.Select(result => result.Step.Callers!.Value));
        Assert.Equal(results.Select(result => result.Step), shown);
        Assert.Equal(1, Recommendation.FindBest(results)!.Step.Callers);
    }

    [Theory]
    [InlineData("device", 0.93, 10, 1, 90.0, 2)]
    [InlineData("preprocessing", 0.3, 1, 20, 90.0, 2)]
    [InlineData("transport", 0.3, 5, 1, 90.0, 2)]
    [InlineData("callers", 0.3, 5, 1, 180.0, 4)]
    public void Recommendation_Limit_FollowsFromWhereTheTimeGoes(
        string limit, double busy, int inference, int preprocess, double last, int callers)
    {
        var results = new[]
        {
            Step(1, 50, busy, inference, preprocess),
            Step(2, 93, busy, inference, preprocess),
            Step(4, last, busy, inference, preprocess),
        };

        var recommendation = Recommendation.Of(results)!;

        Assert.Equal((limit, callers), (recommendation.Limit, recommendation.Step.Step.Callers));
        Assert.NotEmpty(recommendation.Reason);
    }

    [Fact]
    public void Recommendation_RefusedCalls_AreAdmission()
    {
        var refused = Step(4, 60, 0.3, 5, 1) with
        {
            Statuses = new Dictionary<StatusCode, long> { [StatusCode.OK] = 5, [StatusCode.ResourceExhausted] = 5 },
        };

        var recommendation = Recommendation.Of([Step(2, 50, 0.3, 5, 1), refused])!;

        Assert.Equal(("admission", 2), (recommendation.Limit, recommendation.Step.Step.Callers));
    }

    [Fact]
    public void Recommendation_NothingWentWell_IsNone()
    {
        var failed = Step(1, 0, 0, 0, 0) with
        {
            Statuses = new Dictionary<StatusCode, long> { [StatusCode.Unavailable] = 5 },
        };

        Assert.Null(Recommendation.Of([failed]));
    }

    /// <summary>Ten calls per second, on a clock that goes from the first to the end of the second at once.</summary>
    private static async Task<(StepResult Result, int Sent)> JumpAsync(TimeSpan deadline)
    {
        var time = new SignalingTime();
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var sent = 0;
        var driver = new LoadDriver(
            (_, _, left, _) =>
            {
                Interlocked.Increment(ref sent);
                first.TrySetResult();
                return Task.FromResult(left > TimeSpan.Zero ? Ok() : CallOutcome.Failed(StatusCode.Internal));
            },
            Plan with { WarmUp = TimeSpan.Zero, Deadline = deadline }, time);

        var run = driver.RunAsync(BenchStep.Open(1, 10), CancellationToken.None);
        await Task.WhenAll(first.Task, time.TimerCreated).WaitAsync(TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(1));
        return (await run, sent);
    }

    private static StepResult Step(int callers, double throughput, double busy, int inference, int preprocess) => new()
    {
        Step = BenchStep.Closed(1, callers),
        Statuses = new Dictionary<StatusCode, long> { [StatusCode.OK] = 100 },
        Throughput = throughput,
        Latencies = [TimeSpan.FromMilliseconds(10)],
        WorstLag = TimeSpan.Zero,
        DeviceBusy = busy,
        MeanBatch = 1,
        Inference = TimeSpan.FromMilliseconds(inference),
        Preprocess = TimeSpan.FromMilliseconds(preprocess),
    };

    private static CallOutcome Ok(int batch = 1, int inferenceMicroseconds = 1000) => new(
        StatusCode.OK, 4, new Timings { BatchSize = (uint)batch, InferenceUs = (ulong)inferenceMicroseconds });
}
