using Grpc.Net.Client.Configuration;

namespace ClipGrpc.Client.Internal;

/// <summary>
/// How several addresses are used. It has no retry policy: <see cref="RetryPolicy"/> retries, and both would multiply.
/// </summary>
internal static class ClipServiceConfig
{
    public static ServiceConfig Create(bool balanced)
    {
        var config = new ServiceConfig();
        if (balanced)
            config.LoadBalancingConfigs.Add(new RoundRobinConfig());
        return config;
    }
}
