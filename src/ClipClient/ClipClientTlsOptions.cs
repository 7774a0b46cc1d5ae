using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;

namespace ClipGrpc.Client;

/// <summary>
/// Whom a client trusts and as whom it presents itself in TLS. Files are PEM. They are read when a client opens its
/// channel: make a new client to use renewed ones.
/// </summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class ClipClientTlsOptions
{
    /// <summary>
    /// Encrypts connections to addresses that do not say whether to: <c>host:port</c>, <c>dns:///name:port</c> and
    /// <c>unix:/path</c>. Any other property that is set does so as well.
    /// </summary>
    public bool Enabled { get; set; }

    /// <summary>
    /// A file of root certificates. Only servers with a certificate that one of them, or one of
    /// <see cref="CaCertificates"/>, has issued are then trusted; the system's authorities are not. The file may hold
    /// intermediate certificates too, which help to find the root but are not trusted by themselves. Null, the default,
    /// means the system's authorities.
    /// </summary>
    public string? CaFile { get; set; }

    /// <summary>As <see cref="CaFile"/>, certificates of yours.</summary>
    public X509Certificate2Collection CaCertificates { get; } = [];

    /// <summary>
    /// A file with this client's certificate for mutual TLS, followed by those between it and its root.
    /// </summary>
    public string? CertificateFile { get; set; }

    /// <summary>
    /// The unencrypted private key of <see cref="CertificateFile"/>; null, the default, means that it is in the same
    /// file.
    /// </summary>
    public string? KeyFile { get; set; }

    /// <summary>
    /// This client's certificate with its private key, in place of <see cref="CertificateFile"/>. The caller disposes
    /// it, after the client.
    /// </summary>
    public X509Certificate2? Certificate { get; set; }

    internal bool IsUsed => Enabled || HasCa || HasCertificate || KeyFile is not null;

    internal bool HasCa => CaFile is not null || CaCertificates.Count > 0;

    internal bool HasCertificate => CertificateFile is not null || Certificate is not null;

    /// <summary>What is set; of keys and certificates where they come from.</summary>
    public override string ToString() =>
        $"TLS {(IsUsed ? "on" : "by address")}, CA: {(HasCa ? CaFile ?? "given" : "the system's")}, "
        + $"client certificate: {(HasCertificate ? CertificateFile ?? Certificate!.Subject : "none")}";
}
