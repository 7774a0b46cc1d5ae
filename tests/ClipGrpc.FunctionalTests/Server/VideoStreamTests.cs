using ClipGrpc.V1;
using Google.Protobuf;
using Grpc.Core;
using SkiaSharp;
using static ClipGrpc.TestSupport.Make;

namespace ClipGrpc.FunctionalTests.Server;

/// <summary>Sources, regions, rates, static frames, scenes and events of ClassifyStream.</summary>
public sealed class VideoStreamTests(DemoServer demo)
{
    private const int Side = 224;
    private static readonly byte[] Cat = Pixels("cat.jpg");
    private static readonly byte[] Rocket = Pixels("rocket.jpg");

    private static ClassifyStreamRequest Config(Action<ClassifyStreamConfig>? set = null)
    {
        var config = new ClassifyStreamConfig { LabelSet = Labels("cat", "rocket", "cup of coffee") };
        set?.Invoke(config);
        return new ClassifyStreamRequest { Config = config };
    }

    private static ClassifyStreamRequest Frame(int id, Image image, string source = "", long? timestamp = null) => new()
    {
        Frame = new Frame
        {
            FrameId = (ulong)id,
            TimestampUs = timestamp ?? (id * 40_000),
            Image = image,
            SourceId = source,
        },
    };

    private static byte[] Pixels(string file)
    {
        using var bitmap = SKBitmap.Decode(DataPath("images", file));
        using var small = bitmap.Resize(new SKImageInfo(Side, Side), new SKSamplingOptions(SKFilterMode.Linear));
        return [.. small.Pixels.SelectMany(pixel => new[] { pixel.Red, pixel.Green, pixel.Blue })];
    }

    private static Image Raw(byte[] rgb, int width = Side) => new()
    {
        Raw = new RawImage
        {
            Width = (uint)width,
            Height = (uint)(rgb.Length / 3 / width),
            Format = PixelFormat.Rgb24,
            Data = ByteString.CopyFrom(rgb),
        },
    };

    private static Image Noisy(byte[] rgb, Random random)
    {
        var noisy = new byte[rgb.Length];
        for (var i = 0; i < rgb.Length; i++)
            noisy[i] = (byte)Math.Clamp(rgb[i] + random.Next(-4, 5), 0, 255);
        return Raw(noisy);
    }

    private async Task<List<ClassifyStreamResponse>> RunAsync(params IEnumerable<ClassifyStreamRequest> requests)
    {
        using var call = demo.Clip.ClassifyStream(Limited(TimeSpan.FromMinutes(2)));
        var responses = call.ResponseStream.ReadAllAsync().ToListAsync();
        try
        {
            foreach (var request in requests)
                await call.RequestStream.WriteAsync(request);
            await call.RequestStream.CompleteAsync();
        }
        catch (RpcException)
        {
            // The call's status comes with the responses.
        }

        return await responses;
    }

    private static float[] ByIndex(IEnumerable<Prediction> predictions) =>
        [.. predictions.OrderBy(prediction => prediction.Index).Select(prediction => prediction.Probability)];

    private static float[] ByIndex(ClassifyStreamResponse response) => ByIndex(response.Predictions);

    [Fact(Timeout = 120_000)]
    public async Task ClassifyStream_Sources_AreSmoothedAndCountedSeparately()
    {
        string[] files = ["cat.jpg", "rocket.jpg", "coffee.jpg"];
        var smoothing = Config(config => config.Smoothing = 0.5f);
        var mixed = await RunAsync(
            [smoothing, .. files.SelectMany((file, i) => new[]
            {
                Frame(i, Image(file), "a"), Frame(i, Image(files[^(i + 1)]), "b"),
            })]);
        var a = await RunAsync([smoothing, .. files.Select((file, i) => Frame(i, Image(file), "a"))]);
        var b = await RunAsync([smoothing, .. files.Reverse().Select((file, i) => Frame(i, Image(file), "b"))]);

        foreach (var (source, alone) in new[] { ("a", a), ("b", b) })
        {
            var own = mixed.Where(response => response.SourceId == source).ToArray();
            Assert.Equal([0ul, 1ul, 2ul], own.Select(response => response.FrameId));
            Assert.Equal([1ul, 2ul, 3ul], own.Select(response => response.Counters.Classified));
            foreach (var (expected, actual) in alone.Zip(own))
                Assert.InRange(LargestDifference(ByIndex(expected), ByIndex(actual)), 0, 1e-4);
        }

        Assert.Equal(6ul, mixed[^1].FramesCompleted);
    }

    [Fact(Timeout = 60_000)]
    public async Task ClassifyStream_MaxFps_DropsByTimestampsPerSource()
    {
        var responses = await RunAsync(
            [Config(config => config.MaxFps = 5), .. Enumerable.Range(0, 50).SelectMany(i => new[]
            {
                Frame(i, Raw(Cat), "fast"), Frame(i, Raw(Cat), "slow", i * 250_000L),
            })]);

        var fast = responses.Where(response => response.SourceId == "fast").ToArray();
        Assert.Equal(10, fast.Count(response => !response.Dropped));
        Assert.All(
            fast.Where(response => response.Dropped),
            response => Assert.Equal(DropReason.MaxFps, response.DropReason));
        Assert.Equal((10ul, 40ul), (fast[^1].Counters.Classified, fast[^1].Counters.DroppedMaxFps));
        Assert.DoesNotContain(responses, response => response.SourceId == "slow" && response.Dropped);
    }

    [Fact(Timeout = 60_000)]
    public async Task ClassifyStream_MaxAgePassesWhileTheDeviceIsBusy_DropsTheFrameThen()
    {
        await using var server = await GatedServer.StartAsync();
        using var call = server.Clip.ClassifyStream(Limited());
        await call.RequestStream.WriteAsync(Config(config => config.MaxAgeUs = 100_000));
        await call.RequestStream.WriteAsync(Frame(0, Raw(Cat)));
        Assert.True(await call.ResponseStream.MoveNext());
        var held = await server.HoldDeviceAsync();
        await call.RequestStream.WriteAsync(Frame(1, Raw(Cat)));
        await call.RequestStream.CompleteAsync();

        Assert.True(await call.ResponseStream.MoveNext());
        var response = call.ResponseStream.Current;
        Assert.Equal((1ul, true, DropReason.MaxAge), (response.FrameId, response.Dropped, response.DropReason));
        Assert.InRange(response.Counters.DroppedMaxAge, 1ul, 2ul);
        Assert.False(await call.ResponseStream.MoveNext());
        Assert.False(held.IsCompleted);
        server.Encoders.Open();
        await held;
    }

    [Fact(Timeout = 60_000)]
    public async Task ClassifyStream_AnyTimestamps_HaveFiniteResultsAndSegmentsThatEndAfterTheyStart()
    {
        long[] times = [long.MaxValue, long.MinValue, long.MinValue, 0, -1, long.MaxValue, long.MaxValue - 1];
        var responses = await RunAsync(
            [Config(config =>
            {
                config.MaxFps = 1000;
                config.SmoothingHalfLifeUs = 1;
                config.Events = new EventOptions { EnterThreshold = 0.01f };
            }), .. times.Select((time, i) => Frame(i, Raw(i % 2 == 0 ? Cat : Rocket), timestamp: time))]);

        var frames = responses.Where(response => !response.StreamEnd).ToArray();
        Assert.Equal(times, frames.Select(response => response.TimestampUs));
        Assert.Equal([DropReason.MaxFps], frames.Where(frame => frame.Dropped).Select(frame => frame.DropReason));
        Assert.All(
            frames.SelectMany(response => response.Predictions),
            prediction => Assert.InRange(prediction.Probability, 0, 1));
        var segments = responses.SelectMany(response => response.Segments).ToArray();
        Assert.NotEmpty(segments);
        Assert.All(segments, segment => Assert.True(segment.EndUs >= segment.StartUs));
        Assert.All(segments, segment => Assert.InRange(segment.Mean, 0, segment.Peak + 1e-6f));
    }

    [Fact(Timeout = 60_000)]
    public async Task ClassifyStream_MaxAge_DropsWhatWaitedTooLong()
    {
        // No frame is run within a microsecond, and every one within an hour.
        var late = await RunAsync(Config(config => config.MaxAgeUs = 1), Frame(0, Raw(Cat)), Frame(1, Raw(Cat)));
        var inTime = await RunAsync(Config(config => config.MaxAgeUs = 3_600_000_000), Frame(0, Raw(Cat)));

        Assert.All(late, response => Assert.Equal((true, DropReason.MaxAge), (response.Dropped, response.DropReason)));
        Assert.Equal(2ul, late[1].Counters.DroppedMaxAge);
        Assert.False(Assert.Single(inTime).Dropped);
    }

    [Fact(Timeout = 120_000)]
    public async Task ClassifyStream_StaticCamera_RunsFewFramesAndFindsTheSameSegments()
    {
        // 60 seconds: a cat for 30 and a rocket for 30, with the noise of a sensor.
        const int FramesPerSecond = 5;
        IEnumerable<ClassifyStreamRequest> Clip(float threshold)
        {
            var random = new Random(1);
            yield return Config(config =>
            {
                config.StaticThreshold = threshold;
                config.SmoothingHalfLifeUs = 1_000_000;
                config.Events = new EventOptions { EnterThreshold = 0.6f, LeaveThreshold = 0.4f };
            });
            for (var i = 0; i < 60 * FramesPerSecond; i++)
            {
                var scene = i < 30 * FramesPerSecond ? Cat : Rocket;
                yield return Frame(i, Noisy(scene, random), timestamp: i * (1_000_000L / FramesPerSecond));
            }
        }

        var all = await RunAsync(Clip(threshold: 0));
        var few = await RunAsync(Clip(threshold: 0.01f));

        var counters = few[299].Counters;
        Assert.Equal(300ul, counters.Classified + counters.Skipped);
        Assert.InRange(counters.Classified, 2ul, 15ul);
        Assert.Equal(300ul, all[299].Counters.Classified);
        var expected = all.SelectMany(response => response.Segments).ToArray();
        var actual = few.SelectMany(response => response.Segments).ToArray();
        Assert.Equal(
            expected.Select(segment => (segment.Label, segment.StartUs, segment.EndUs, segment.Ended)),
            actual.Select(segment => (segment.Label, segment.StartUs, segment.EndUs, segment.Ended)));
        Assert.Equal(
            [("cat", false), ("cat", true), ("rocket", false), ("rocket", true)],
            actual.OrderBy(segment => segment.Label).Select(segment => (segment.Label, segment.Ended)));
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First.Mean, pair.Second.Mean, 0.05));
        Assert.True(few[^1].StreamEnd);
        Assert.Equal(59_800_000, few[^1].Segments.Single().EndUs);
    }

    [Fact(Timeout = 60_000)]
    public async Task ClassifyStream_SkippedFrame_HasTheLastPredictionsAndEmbedding()
    {
        var responses = await RunAsync(
            Config(config =>
            {
                config.StaticThreshold = 0.01f;
                config.IncludeEmbedding = true;
            }),
            Frame(0, Raw(Cat)), Frame(1, Noisy(Cat, new Random(1))), Frame(2, Image([1])), Frame(3, Raw(Cat)));

        Assert.Equal([false, true, false, true], responses.Select(response => response.Skipped));
        Assert.Equal(responses[0].Predictions, responses[1].Predictions);
        Assert.Equal(responses[0].Embedding, responses[3].Embedding);
        Assert.Equal(0u, responses[1].Timings.BatchSize);
        Assert.Equal((int)StatusCode.InvalidArgument, responses[2].Error.Code);
        Assert.Equal(
            (1ul, 2ul, 1ul),
            (responses[3].Counters.Classified, responses[3].Counters.Skipped, responses[3].Counters.Failed));
    }

    [Fact(Timeout = 60_000)]
    public async Task ClassifyStream_SceneThreshold_ReportsCutsAndRestartsSmoothing()
    {
        var responses = await RunAsync(
            Config(config =>
            {
                config.SceneThreshold = 0.1f;
                config.Smoothing = 0.9f;
            }),
            Frame(0, Raw(Cat)), Frame(1, Raw(Cat)), Frame(2, Raw(Rocket)), Frame(3, Raw(Rocket)));
        var plain = await RunAsync(Config(), Frame(0, Raw(Rocket)));

        Assert.Equal([false, false, true, false], responses.Select(response => response.SceneChange));
        Assert.InRange(LargestDifference(ByIndex(plain[0]), ByIndex(responses[2])), 0, 1e-4);
    }

    [Fact(Timeout = 60_000)]
    public async Task ClassifyStream_Regions_EqualThePixelsCutOut()
    {
        // 300 x 200, with the cat on the left and the rocket on the right.
        const int Width = 300;
        const int Height = 200;
        var both = new byte[Width * Height * 3];
        for (var y = 0; y < Height; y++)
        {
            for (var x = 0; x < Width; x++)
            {
                var source = x < 150 ? Cat : Rocket;
                source.AsSpan(((y * Side) + (x % 150)) * 3, 3).CopyTo(both.AsSpan(((y * Width) + x) * 3));
            }
        }

        Image Cut(int left, int width) => Raw(
            [
                .. Enumerable.Range(0, Height)
                    .SelectMany(y => both.AsSpan(((y * Width) + left) * 3, width * 3).ToArray()),
            ],
            width);
        var responses = await RunAsync(
            Config(config =>
            {
                config.IncludeEmbedding = true;
                config.Regions.Add(new Region { Id = "left", Width = 0.5f, Height = 1 });
                config.Regions.Add(new Region { Id = "right", Left = 0.5f, Width = 0.5f, Height = 1 });
            }),
            Frame(0, Raw(both, Width)));
        var cut = await demo.Clip.EmbedAsync(
            new EmbedRequest
            {
                Inputs = { new Input { Image = Cut(0, 150) }, new Input { Image = Cut(150, 150) } },
            },
            Limited());

        var response = Assert.Single(responses);
        Assert.Empty(response.Predictions);
        Assert.Equal(["left", "right"], response.Regions.Select(region => region.Id));
        for (var i = 0; i < 2; i++)
        {
            Assert.InRange(
                LargestDifference(response.Regions[i].Embedding.Values, cut.Results[i].Embedding.Values), 0, 1e-5);
            Assert.Equal(3, response.Regions[i].Predictions.Count);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task ClassifyStream_RegionHardlyDiffers_IsSkippedOnItsOwn()
    {
        var changed = Cat.ToArray();
        Array.Fill(changed, (byte)0, 0, changed.Length / 2);
        var responses = await RunAsync(
            Config(config =>
            {
                config.StaticThreshold = 0.01f;
                config.Regions.Add(new Region { Id = "top", Width = 1, Height = 0.5f });
                config.Regions.Add(new Region { Id = "bottom", Top = 0.5f, Width = 1, Height = 0.5f });
            }),
            Frame(0, Raw(Cat)), Frame(1, Raw(changed)), Frame(2, Raw(changed)));

        Assert.Equal([false, true], responses[1].Regions.Select(region => region.Skipped));
        Assert.False(responses[1].Skipped);
        Assert.Equal(ByIndex(responses[0].Regions[1].Predictions), ByIndex(responses[1].Regions[1].Predictions));
        Assert.True(responses[2].Skipped);
    }

    [Fact(Timeout = 60_000)]
    public async Task ClassifyStream_Update_AppliesToTheFramesAfterIt()
    {
        var set = await demo.Clip.CreateLabelSetAsync(
            new CreateLabelSetRequest { LabelSet = Labels("truck", "cat") }, Limited());
        var responses = await RunAsync(
            Config(config => config.StaticThreshold = 0.01f), Frame(0, Raw(Cat)),
            new ClassifyStreamRequest { Update = new ClassifyStreamUpdate { LabelSet = Labels("cat", "dog") } },
            Frame(1, Raw(Cat)),
            new ClassifyStreamRequest { Update = new ClassifyStreamUpdate { LabelSetId = set.Id } },
            Frame(2, Raw(Cat)));

        Assert.Equal([3, 2, 2], responses.Select(response => response.Predictions.Count));
        Assert.Equal(["cat", "dog"], responses[1].Predictions.Select(prediction => prediction.Label).Order());
        Assert.Equal(["cat", "truck"], responses[2].Predictions.Select(prediction => prediction.Label).Order());
        Assert.Equal([false, true, true], responses.Select(response => response.Skipped));
    }

    [Fact(Timeout = 60_000)]
    public async Task ClassifyStream_Changes_SendsEventsErrorsAndProgressOnly()
    {
        var responses = await RunAsync(
            [Config(config =>
            {
                config.Emit = Emit.Changes;
                config.Events = new EventOptions { EnterThreshold = 0.5f, MinDurationUs = 1 };
            }), .. Enumerable.Range(0, 100).Select(i => Frame(i, i == 50 ? Image([1]) : Raw(Cat)))]);

        var begun = Assert.Single(responses[0].Segments);
        Assert.Equal(("cat", 0, 40_000, false), (begun.Label, begun.StartUs, begun.EndUs, begun.Ended));
        Assert.Equal(3, responses[0].Predictions.Count);
        var failed = Assert.Single(responses, response => response.Error is not null);
        Assert.Equal(50ul, failed.FrameId);
        Assert.Equal(51ul, failed.FramesCompleted);
        var progress = responses[1..^1].Where(response => response.Error is null).ToArray();
        Assert.Equal([33ul, 82ul], progress.Select(response => response.FrameId));
        Assert.All(progress, response => Assert.Empty(response.Predictions));
        Assert.True(responses[^1].StreamEnd);
        Assert.Equal(100ul, responses[^1].FramesCompleted);
        var ended = Assert.Single(responses[^1].Segments);
        Assert.Equal(("cat", 0, 99 * 40_000, true), (ended.Label, ended.StartUs, ended.EndUs, ended.Ended));
    }

    [Fact(Timeout = 60_000)]
    public async Task ClassifyStream_LatestBeyondCapacity_DropsPerSourceAndKeepsTheLastFrameOfEach()
    {
        await using var server = await GatedServer.StartAsync();
        using var call = server.Clip.ClassifyStream(Limited());
        await call.RequestStream.WriteAsync(Config(config => config.DropPolicy = DropPolicy.Latest));
        await call.RequestStream.WriteAsync(Frame(0, Raw(Cat)));
        Assert.True(await call.ResponseStream.MoveNext());
        var held = await server.HoldDeviceAsync();

        // More than the window: what is dropped must leave it, or the last ones would not be read.
        for (var i = 1; i < 40; i++)
        {
            foreach (var source in new[] { "a", "b", "c", "d" })
                await call.RequestStream.WriteAsync(Frame(i, Raw(Cat), source));
        }

        await call.RequestStream.CompleteAsync();
        server.Encoders.Open();
        await held;
        var responses = await call.ResponseStream.ReadAllAsync().ToListAsync();

        foreach (var source in responses.GroupBy(response => response.SourceId))
        {
            Assert.Equal(Enumerable.Range(1, 39).Select(i => (ulong)i), source.Select(response => response.FrameId));
            Assert.False(source.Last().Dropped);
            Assert.All(source, response => Assert.Equal(
                response.Dropped ? DropReason.NewerFrame : DropReason.Unspecified, response.DropReason));
            Assert.Contains(source, response => response.Dropped);
        }

        Assert.Equal(4, responses.DistinctBy(response => response.SourceId).Count());
    }

    public static TheoryData<string> BadFields =>
    [
        "config.max_fps", "config.static_threshold", "config.scene_threshold", "config.smoothing_half_life_us",
        "config.max_age_us", "config.regions", "config.regions[0].id", "config.regions[1].id", "config.regions[0].left",
        "config.regions[0].width", "config.regions[0].top", "config.regions[0].height", "config.emit", "config.events",
        "config.events.enter_threshold", "config.events.leave_threshold", "config.events.min_duration_us",
        "update.label_set", "update.label_set.labels[1]", "frame.source_id",
    ];

    private static IEnumerable<ClassifyStreamRequest[]> BadStreams(string field)
    {
        ClassifyStreamRequest[] Set(Action<ClassifyStreamConfig> set) => [Config(set)];
        ClassifyStreamRequest[] With(params Region[] regions) => Set(config => config.Regions.Add(regions));
        static Region Region(string id = "a", float left = 0, float top = 0, float width = 1, float height = 1) =>
            new() { Id = id, Left = left, Top = top, Width = width, Height = height };

        return field switch
        {
            "config.max_fps" => Numbers(-1, 1001, float.NaN).Select(x => Set(config => config.MaxFps = x)),
            "config.static_threshold" =>
                Numbers(-1, 1.1f, float.NaN).Select(x => Set(config => config.StaticThreshold = x)),
            "config.scene_threshold" =>
                Numbers(-1, 1.1f, float.NaN).Select(x => Set(config => config.SceneThreshold = x)),
            "config.smoothing_half_life_us" =>
            [
                Set(config => config.SmoothingHalfLifeUs = -1),
                Set(config => config.SmoothingHalfLifeUs = 3_600_000_001),
                Set(config => (config.SmoothingHalfLifeUs, config.Smoothing) = (1, 0.5f)),
            ],
            "config.max_age_us" =>
                [Set(config => config.MaxAgeUs = -1), Set(config => config.MaxAgeUs = long.MaxValue)],
            "config.regions" => [With([.. Enumerable.Range(0, 17).Select(i => Region($"{i}"))])],
            "config.regions[0].id" => [With(Region("")), With(Region(new string('x', 65)))],
            "config.regions[1].id" => [With(Region(), Region())],
            "config.regions[0].left" => Numbers(-0.1f, 1, float.NaN).Select(x => With(Region(left: x))),
            "config.regions[0].width" => Numbers(0, 1.1f, float.NaN).Select(x => With(Region(width: x)))
                .Append(With(Region(left: 0.6f, width: 0.5f))),
            "config.regions[0].top" => Numbers(-0.1f, 1, float.NaN).Select(x => With(Region(top: x))),
            "config.regions[0].height" => Numbers(0, 1.1f, float.NaN).Select(x => With(Region(height: x))),
            "config.emit" => [Set(config => config.Emit = (Emit)9)],
            "config.events" => [Set(config => config.Emit = Emit.Changes)],
            "config.events.enter_threshold" => Numbers(-1, 0.001f, 1.1f, float.NaN).Select(x => Set(
                config => config.Events = new EventOptions { EnterThreshold = x })),
            "config.events.leave_threshold" => Numbers(-1, 0.001f, 0.6f, float.NaN).Select(x => Set(
                config => config.Events = new EventOptions { LeaveThreshold = x })),
            "config.events.min_duration_us" =>
                [Set(config => config.Events = new EventOptions { MinDurationUs = -1 })],
            "update.label_set" =>
                [[Config(), new ClassifyStreamRequest { Update = new ClassifyStreamUpdate() }]],
            "update.label_set.labels[1]" =>
            [
                [
                    Config(),
                    new ClassifyStreamRequest { Update = new ClassifyStreamUpdate { LabelSet = Labels("a", "a") } },
                ],
            ],
            _ =>
            [
                [Config(), Frame(0, Raw(Cat), new string('x', 129))],
                [Config(), .. Enumerable.Range(0, 257).Select(i => Frame(i, Image([1]), $"{i}"))],
            ],
        };

        static IEnumerable<float> Numbers(params float[] numbers) => numbers;
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(BadFields))]
    public async Task ClassifyStream_BadSetting_IsInvalidNamingTheField(string field)
    {
        foreach (var requests in BadStreams(field))
        {
            var error = await Assert.ThrowsAsync<RpcException>(() => RunAsync(requests));
            Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
            Assert.StartsWith(field + ":", error.Status.Detail);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task ClassifyStream_UpdateFirst_IsInvalid()
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => RunAsync(
            new ClassifyStreamRequest { Update = new ClassifyStreamUpdate { LabelSet = Labels("a") } }));
        Assert.StartsWith("config:", error.Status.Detail);
    }
}
