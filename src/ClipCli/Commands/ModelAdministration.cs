using ClipGrpc.Client;
using Grpc.Core;

namespace ClipGrpc.Cli.Commands;

/// <summary>Calls that change which models a server has.</summary>
internal static class ModelAdministration
{
    private const string Hint =
        "Use a key with the role models:write (CLIP_API_KEY or --api-key-file), or the server's Unix domain socket "
        + "(--server unix:/PATH).";

    /// <exception cref="CliException">The server does not let this caller change its models.</exception>
    public static async Task<T> RunAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (ClipClientException exception)
            when (exception.StatusCode is StatusCode.PermissionDenied or StatusCode.Unauthenticated
                && exception.Reason != ErrorReason.ModelSourceForbidden
                && exception.Reason != ErrorReason.ModelSourceDenied)
        {
            throw new CliException(ExitCode.Failure, $"{FlagNames.InCall(exception.Message)} {Hint}", exception);
        }
    }
}
