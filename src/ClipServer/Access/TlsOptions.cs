using System.ComponentModel.DataAnnotations;

namespace ClipGrpc.Server.Access;

/// <summary>Section <c>Clip:Tls</c>: TLS for the listeners. All files are PEM.</summary>
internal sealed class TlsOptions : IValidatableObject
{
    /// <summary>
    /// The server's certificate, followed by the intermediate certificates. Default: no TLS.
    /// </summary>
    public string? Certificate { get; set; }

    /// <summary>The certificate's private key, not encrypted. Can be the same file.</summary>
    public string? Key { get; set; }

    /// <summary>Certificate authorities of client certificates. Default: none are requested.</summary>
    public string? ClientCa { get; set; }

    /// <summary>Whether a client certificate is required if <see cref="ClientCa"/> is set. Default true.</summary>
    public bool RequireClientCertificate { get; set; } = true;

    /// <summary>Whether the HTTP listener uses TLS too. Default true.</summary>
    public bool Http { get; set; } = true;

    /// <summary>
    /// Whether the HTTP listener requests client certificates too. Default false: probes and scrapers have none.
    /// </summary>
    public bool HttpClientCertificates { get; set; }

    public bool IsEnabled => Certificate is not null;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Certificate is null != Key is null)
        {
            yield return new ValidationResult(
                "is missing: --tls-cert and --tls-key must be set together",
                [Certificate is null ? nameof(Certificate) : nameof(Key)]);
        }

        if (ClientCa is not null && Certificate is null)
            yield return new ValidationResult("requires --tls-cert and --tls-key", [nameof(ClientCa)]);
    }
}
