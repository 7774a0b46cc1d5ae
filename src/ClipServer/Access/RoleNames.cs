using System.Diagnostics.CodeAnalysis;

namespace ClipGrpc.Server.Access;

/// <summary>
/// Roles as the operator writes them: <c>infer</c>, <c>models:read</c>, <c>models:write</c>, <c>metrics</c>.
/// </summary>
internal static class RoleNames
{
    private static readonly (string Name, Roles Role)[] Known =
    [
        ("infer", Roles.Infer),
        ("models:read", Roles.ModelsRead),
        ("models:write", Roles.ModelsWrite),
        ("metrics", Roles.Metrics),
    ];

    /// <summary>All names, with commas between.</summary>
    public static string List { get; } = Format(Roles.All);

    public static string Format(Roles roles) =>
        string.Join(", ", Known.Where(known => roles.HasFlag(known.Role)).Select(known => known.Name));

    /// <summary>Reads one name.</summary>
    public static bool TryParse(string name, out Roles role)
    {
        role = Array.Find(Known, known => known.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Role;
        return role != Roles.None;
    }

    /// <summary>Reads several names. <c>none</c> alone is no role.</summary>
    /// <param name="unknown">The first name that is not a role.</param>
    public static bool TryParse(
        IReadOnlyList<string> names, out Roles roles, [NotNullWhen(false)] out string? unknown)
    {
        roles = Roles.None;
        unknown = null;
        if (names is ["none"])
            return true;

        foreach (var name in names)
        {
            if (!TryParse(name, out var role))
            {
                unknown = name;
                return false;
            }

            roles |= role;
        }

        return true;
    }
}
