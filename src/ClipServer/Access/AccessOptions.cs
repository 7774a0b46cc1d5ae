using System.ComponentModel.DataAnnotations;

namespace ClipGrpc.Server.Access;

/// <summary>Section <c>Clip:Access</c>: authorization.</summary>
internal sealed class AccessOptions : IValidatableObject
{
    /// <summary>A file of API keys, see <see cref="ApiKeyFile"/>. Default: none.</summary>
    public string? ApiKeysFile { get; set; }

    /// <summary>
    /// Roles of callers without credentials, or <c>none</c>. Default: <c>infer</c>, <c>models:read</c> and
    /// <c>metrics</c> if no credentials are configured, otherwise none.
    /// </summary>
    public string[]? AnonymousRoles { get; set; }

    /// <summary>
    /// Roles of callers with a client certificate. Default: <c>infer</c>, <c>models:read</c> and <c>metrics</c>.
    /// </summary>
    public string[] CertificateRoles { get; set; } = ["infer", "models:read", "metrics"];

    /// <summary>Whether the start fails if callers without credentials would have a role. Default false.</summary>
    public bool Required { get; set; }

    /// <summary>
    /// Folders that callers may load models from, and in <see cref="ModelOrganizations"/> organizations of the Hugging
    /// Face Hub. Default: any, if neither is set.
    /// </summary>
    public string[]? ModelFolders { get; set; }

    /// <inheritdoc cref="ModelFolders"/>
    public string[]? ModelOrganizations { get; set; }

    /// <summary>Whether gRPC reflection is served. Default true.</summary>
    public bool Reflection { get; set; } = true;

    /// <summary>Whether <c>/metrics</c> is served. Default true.</summary>
    public bool Metrics { get; set; } = true;

    /// <summary>
    /// How often key and certificate files are checked for changes. Default 5 seconds, 100 ms to 1 h.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan ReloadInterval { get; set; } = TimeSpan.FromSeconds(5);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (names, member) in new[]
        {
            (AnonymousRoles ?? [], nameof(AnonymousRoles)), (CertificateRoles, nameof(CertificateRoles)),
        })
        {
            if (!RoleNames.TryParse(names, out _, out var unknown))
            {
                yield return new ValidationResult(
                    $"\"{unknown}\" is not a role; known are {RoleNames.List} and none", [member]);
            }
        }
    }
}
