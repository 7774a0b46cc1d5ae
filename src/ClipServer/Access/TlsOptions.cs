using System.ComponentModel.DataAnnotations;

namespace ClipGrpc.Server.Access;

/// <summary>Section <c>Clip:Tls</c>: encryption of the listeners. All files are PEM.</summary>
internal sealed class TlsOptions : IValidatableObject
{
    /// <summary>
    /// The server's certificate, followed by those between it and its root. Default: no encryption.
    /// </summary>
    public string? Certificate { get; set; }

    /// <summary>The certificate's private key, not encrypted. It may be the same file.</summary>
    public string? Key { get; set; }

    /// <summary>Authorities whose client certificates are accepted. Default: none are asked for.</summary>
    public string? ClientCa { get; set; }

    /// <summary>Whether a connection needs a client certificate. Default true.</summary>
    public bool RequireClientCertificate { get; set; } = true;

    /// <summary>Whether the HTTP listener is encrypted too. Default true.</summary>
    public bool Http { get; set; } = true;

    /// <summary>
    /// Whether the HTTP listener asks for client certificates too. Default false: probes and scrapers have none.
    /// </summary>
    public bool HttpClientCertificates { get; set; }

    public bool IsEnabled => Certificate is not null;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Certificate is null != Key is null)
        {
            yield return new ValidationResult(
                "must be given together with the other of --tls-cert and --tls-key",
                [Certificate is null ? nameof(Certificate) : nameof(Key)]);
        }

        if (ClientCa is not null && Certificate is null)
            yield return new ValidationResult("needs --tls-cert and --tls-key", [nameof(ClientCa)]);
    }
}
