using Microsoft.Extensions.Options;

namespace ClipGrpc.Client.Internal;

/// <summary>Finds every error at once, each named by its option.</summary>
internal sealed class ClipClientOptionsValidator : IValidateOptions<ClipClientOptions>
{
    public ValidateOptionsResult Validate(string? name, ClipClientOptions options)
    {
        var errors = new List<string>();

        void Check(bool holds, string error)
        {
            if (!holds)
                errors.Add(error);
        }

        void CheckTimeout(TimeSpan timeout, string option) => Check(
            timeout > TimeSpan.Zero || timeout == Timeout.InfiniteTimeSpan,
            $"{option} must be more than zero, or Timeout.InfiniteTimeSpan for none, not {timeout}.");

        CheckAddresses(options, errors);
        CheckTimeout(options.Timeout, nameof(options.Timeout));
        CheckTimeout(options.LoadTimeout, nameof(options.LoadTimeout));
        Check(options.MaxMessageBytes is >= 1024 and <= 1 << 30,
            $"MaxMessageBytes must be 1 KiB to 1 GiB, not {options.MaxMessageBytes}.");
        Check(options.MaxItemsPerCall is null or > 0,
            $"MaxItemsPerCall must be at least 1, not {options.MaxItemsPerCall}.");
        Check(options.MaxConcurrentCalls is >= 1 and <= 256,
            $"MaxConcurrentCalls must be 1 to 256, not {options.MaxConcurrentCalls}.");
        CheckTimeout(options.RetryFor, nameof(options.RetryFor));
        if (options.InitialRetryFor is { } initial)
            CheckTimeout(initial, nameof(options.InitialRetryFor));
        Check(options.MaxAttempts is null or > 0,
            $"MaxAttempts must be at least 1, or null for no limit, not {options.MaxAttempts}.");
        Check(options.InitialBackoff > TimeSpan.Zero,
            $"InitialBackoff must be more than zero, not {options.InitialBackoff}.");
        Check(options.MaxBackoff >= options.InitialBackoff,
            $"MaxBackoff must be at least InitialBackoff, not {options.MaxBackoff}.");
        Check(options.TimeProvider is not null, "TimeProvider must be set.");

        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    public static void ThrowIfInvalid(ClipClientOptions options)
    {
        var result = new ClipClientOptionsValidator().Validate(null, options);
        if (result.Failed)
            throw new OptionsValidationException(nameof(ClipClientOptions), typeof(ClipClientOptions), result.Failures);
    }

    private static void CheckAddresses(ClipClientOptions options, List<string> errors)
    {
        var schemes = new HashSet<string>();
        foreach (var address in options.Addresses)
        {
            if (Endpoint.TryParse(address, out var endpoint))
                schemes.Add(endpoint.Scheme);
            else
                errors.Add($"Addresses: '{address}' is not http://host:port, https://host:port or dns:///name:port.");
        }

        if (schemes.Count > 1)
            errors.Add("Addresses must all be http or all be https.");
        if (schemes.Contains(Endpoint.Dns) && options.Addresses.Count > 1)
            errors.Add("Addresses: a dns address must be the only one.");
    }
}
