using ClipGrpc.V1;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client.Configuration;

namespace ClipGrpc.Client.Internal;

/// <summary>Which calls are repeated when, and how several addresses are used.</summary>
internal static class ClipServiceConfig
{
    // A budget of retries: each failure takes one token, each success gives a half back, and there are no retries
    // while less than half of the tokens are left. 100 tokens let a few hundred items of a bulk job meet one full
    // queue, and still end the retries soon when a server is down for good.
    private const int RetryTokens = 100;
    private const double TokensPerSuccess = 0.5;

    private static readonly StatusCode[] RetriedStatuses = [StatusCode.Unavailable, StatusCode.ResourceExhausted];

    // What changes the server's models is not in this list: a second LoadModel could start a second download.
    private static readonly (ServiceDescriptor Service, string[] Methods)[] RetriedMethods =
    [
        (ClipService.Descriptor, ["Embed", "Classify", "CreateLabelSet", "Rank"]),
        (ModelService.Descriptor, ["ListModels", "GetModel"]),
        (Health.Descriptor, ["Check"]),
    ];

    public const double BackoffMultiplier = 2;

    public static bool IsRetried(StatusCode status) => RetriedStatuses.Contains(status);

    public static ServiceConfig Create(ClipClientOptions options, bool balanced)
    {
        var config = new ServiceConfig();
        if (balanced)
            config.LoadBalancingConfigs.Add(new RoundRobinConfig());
        if (options.MaxAttempts > 1)
        {
            config.MethodConfigs.Add(RetriedMethodConfig(options));
            config.RetryThrottling = new RetryThrottlingPolicy
            {
                MaxTokens = RetryTokens,
                TokenRatio = TokensPerSuccess,
            };
        }

        return config;
    }

    private static MethodConfig RetriedMethodConfig(ClipClientOptions options)
    {
        var method = new MethodConfig
        {
            RetryPolicy = new RetryPolicy
            {
                MaxAttempts = options.MaxAttempts,
                InitialBackoff = options.InitialBackoff,
                MaxBackoff = options.MaxBackoff,
                BackoffMultiplier = BackoffMultiplier,
            },
        };
        foreach (var status in RetriedStatuses)
            method.RetryPolicy.RetryableStatusCodes.Add(status);
        foreach (var (service, names) in RetriedMethods)
        {
            foreach (var name in names)
                method.Names.Add(new MethodName { Service = service.FullName, Method = name });
        }

        return method;
    }
}
