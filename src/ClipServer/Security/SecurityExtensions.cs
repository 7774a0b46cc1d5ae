namespace ClipGrpc.Server.Security;

internal static class SecurityExtensions
{
    public static IServiceCollection AddSecurity(this IServiceCollection services) => services.AddSingleton<AdminGate>();
}
