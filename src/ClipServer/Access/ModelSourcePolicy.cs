using ClipGrpc.Models.Cards;
using ClipGrpc.Models.Catalog;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Access;

/// <summary>Which models callers may load, where the operator has limited them.</summary>
internal sealed class ModelSourcePolicy(IOptions<AccessOptions> options)
{
    /// <exception cref="ClipException">
    /// <see cref="ClipErrorCode.PermissionDenied"/>, in the same words whether there is such a folder or not.
    /// </exception>
    public void EnsureAllowed(string source)
    {
        var (folders, organizations) = (options.Value.ModelFolders, options.Value.ModelOrganizations);
        if ((folders is null && organizations is null) || source == ModelCatalog.Demo)
            return;

        var isFolder = ModelName.LooksLikePath(source) || Directory.Exists(source);
        var isAllowed = isFolder
            ? folders?.Any(folder => Contains(folder, source)) == true
            : ModelLocator.FindHubModel(source) is { } model
                && organizations?.Contains(model.Organization, StringComparer.OrdinalIgnoreCase) == true;
        if (!isAllowed)
        {
            throw new ClipException(
                ClipErrorReason.ModelSourceForbidden,
                "source: it is not in a folder, or from an organization, that the operator has allowed "
                + "(Clip:Access:ModelFolders, Clip:Access:ModelOrganizations).");
        }
    }

    private static bool Contains(string folder, string source)
    {
        var relative = Path.GetRelativePath(Path.GetFullPath(folder), Path.GetFullPath(source));
        return relative != ".." && !relative.StartsWith($"..{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
            && !Path.IsPathRooted(relative);
    }
}
