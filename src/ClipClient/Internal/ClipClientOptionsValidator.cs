using Grpc.Core;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Client.Internal;

/// <summary>Reports all errors together, each with the name of its option.</summary>
internal sealed class ClipClientOptionsValidator : IValidateOptions<ClipClientOptions>
{
    /// <summary>Of an application's options, their files included: it should not start with wrong ones.</summary>
    public ValidateOptionsResult Validate(string? name, ClipClientOptions options)
    {
        var errors = Check(options);
#if NET
        try
        {
            ClientTls.Create(options.Tls);
        }
        catch (OptionsValidationException exception)
        {
            errors.AddRange(exception.Failures);
        }
#else
        errors.AddRange(ClipChannel.Check(options));
#endif

        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    public static void ThrowIfInvalid(ClipClientOptions options)
    {
        var errors = Check(options);
        if (errors.Count > 0)
            throw new OptionsValidationException(nameof(ClipClientOptions), typeof(ClipClientOptions), errors);
    }

    private static List<string> Check(ClipClientOptions options)
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
        CheckTls(options.Tls, errors);
        errors.AddRange(CredentialHeaders.Check(options));
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
        CheckTimeout(options.DnsRefreshInterval, nameof(options.DnsRefreshInterval));
        Check(options.TimeProvider is not null, "TimeProvider must be set.");

        return errors;
    }

    private static void CheckAddresses(ClipClientOptions options, List<string> errors)
    {
        var endpoints = new List<Endpoint>();
        foreach (var address in options.Addresses)
        {
            if (Endpoint.TryParse(address, options.Tls.IsUsed, out var endpoint))
                endpoints.Add(endpoint);
            else
                errors.Add($"Addresses: '{address}' is not {Endpoint.Forms}.");
        }

        var schemes = endpoints.Select(endpoint => endpoint.Scheme).ToHashSet();
        if (options.Addresses.Count > 1)
        {
            foreach (var scheme in new[] { Endpoint.Dns, Endpoint.Unix }.Where(schemes.Contains))
                errors.Add($"Addresses: a {scheme} address must be the only one.");
        }

        if (schemes.Contains(Uri.UriSchemeHttp) && schemes.Contains(Uri.UriSchemeHttps))
            errors.Add("Addresses must all be http or all be https.");
        if (options.Tls.IsUsed && endpoints.Find(endpoint => !endpoint.IsEncrypted) is { } cleartext)
            errors.Add($"Addresses: {cleartext.Text} is cleartext, but Tls is set. Use https://.");
        CheckCleartext(options, endpoints, errors);
    }

    private static void CheckCleartext(ClipClientOptions options, List<Endpoint> endpoints, List<string> errors)
    {
        if (options.AllowCleartextCredentials
            || (options.Credentials is { } own && own != ChannelCredentials.Insecure)
            || endpoints.Find(endpoint => endpoint is { IsEncrypted: false, IsLocal: false }) is not { } endpoint)
        {
            return;
        }

        var secrets = options.Headers.Keys.Where(CredentialHeaders.IsSecret).Select(name => $"Headers['{name}']");
        foreach (var secret in options.ApiKey is null ? secrets : secrets.Prepend(nameof(options.ApiKey)))
        {
            errors.Add(
                $"{secret} would be sent to {endpoint.Text} in cleartext. Use TLS (https://, or Tls.Enabled for an "
                + "address without http), or set AllowCleartextCredentials where the network itself is encrypted.");
        }
    }

    private static void CheckTls(ClipClientTlsOptions tls, List<string> errors)
    {
        if (tls is { KeyFile: not null, CertificateFile: null })
            errors.Add("Tls.KeyFile needs Tls.CertificateFile.");
        if (tls is { Certificate: not null, CertificateFile: not null })
            errors.Add("Tls.Certificate and Tls.CertificateFile must not both be set.");
        if (tls.Certificate is { HasPrivateKey: false })
            errors.Add("Tls.Certificate must have a private key.");
    }
}
