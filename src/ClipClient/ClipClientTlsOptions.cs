using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;

namespace ClipGrpc.Client;

/// <summary>
/// TLS options of a client: the trusted certificate authorities and the client's certificate. Files are PEM and are
/// read when a client opens its channel, so create a new client to use renewed files.
/// </summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class ClipClientTlsOptions
{
    /// <summary>
    /// Whether connections to addresses without <c>http</c> or <c>https</c> use TLS: <c>host:port</c>,
    /// <c>dns:///name:port</c> and <c>unix:/path</c>. They also use it if any other property is set.
    /// </summary>
    public bool Enabled { get; set; }

    /// <summary>
    /// A file of root certificates. Only servers with a certificate issued by one of them, or by one of
    /// <see cref="CaCertificates"/>, are then trusted; the system's authorities are not. The file can also contain
    /// intermediate certificates, which are used to build the chain but are not trusted by themselves. Default: null,
    /// for the system's authorities.
    /// </summary>
    public string? CaFile { get; set; }

    /// <summary>Root certificates in addition to those of <see cref="CaFile"/>.</summary>
    public X509Certificate2Collection CaCertificates { get; } = [];

    /// <summary>
    /// A file with the client's certificate for mutual TLS, followed by the intermediate certificates.
    /// </summary>
    public string? CertificateFile { get; set; }

    /// <summary>
    /// A file with the private key of <see cref="CertificateFile"/>, not encrypted. Default: null, for a key in the
    /// same file.
    /// </summary>
    public string? KeyFile { get; set; }

    /// <summary>
    /// The client's certificate with its private key, instead of <see cref="CertificateFile"/>. Not disposed by the
    /// client; dispose it after the client.
    /// </summary>
    public X509Certificate2? Certificate { get; set; }

    internal bool IsUsed => Enabled || HasCa || HasCertificate || KeyFile is not null;

    internal bool HasCa => CaFile is not null || CaCertificates.Count > 0;

    internal bool HasCertificate => CertificateFile is not null || Certificate is not null;

    /// <summary>Returns the options that are set, without the content of keys and certificates.</summary>
    public override string ToString() =>
        $"TLS {(IsUsed ? "on" : "by address")}, CA: {(HasCa ? CaFile ?? "given" : "the system's")}, "
        + $"client certificate: {(HasCertificate ? CertificateFile ?? Certificate!.Subject : "none")}";
}
