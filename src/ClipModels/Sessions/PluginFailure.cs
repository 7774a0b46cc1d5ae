using Microsoft.ML.OnnxRuntime;

namespace ClipGrpc.Models.Sessions;

/// <summary>Why a plug-in did not take a model, in a sentence for operators.</summary>
internal static class PluginFailure
{
    /// <summary>The cause is in the message, so that it is not shown without the device.</summary>
    public static ClipException Describe(
        ExecutionDevice device, InferenceOptions options, OnnxRuntimeException exception)
    {
        var given = options.ProviderOptions.GetValueOrDefault(options.Device.Plugin!);
        var with = given is { Count: > 0 }
            ? $" with the options {string.Join(", ", given.Select(option => $"{option.Key}={option.Value}"))}"
            : "";
        return new ClipException(
            ClipErrorReason.InvalidModel,
            $"The model cannot be run on the device {device.Name} by {device.Provider}{with}: {Shorten(exception)}");
    }

    /// <summary>Without the places in the plug-in's source, which OpenVINO writes a line each of, twice.</summary>
    private static string Shorten(OnnxRuntimeException exception) => string.Join(
        ' ',
        exception.Message
            .Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(line => !line.Contains("Exception from ", StringComparison.Ordinal))
            .Distinct(StringComparer.Ordinal)
            .DefaultIfEmpty(exception.Message.Trim()));
}
