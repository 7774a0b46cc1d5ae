namespace ClipGrpc.Server.Access;

/// <summary>Who may call an endpoint: callers with any of these roles.</summary>
/// <param name="AnyOf"><see cref="Roles.None"/>: everybody.</param>
internal sealed record AccessRule(Roles AnyOf)
{
    public bool IsOpen => AnyOf == Roles.None;

    public bool Allows(Roles roles) => IsOpen || (roles & AnyOf) != Roles.None;
}
