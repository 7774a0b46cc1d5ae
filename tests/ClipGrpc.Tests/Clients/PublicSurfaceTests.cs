using System.Reflection;
using ClipGrpc.Client;

namespace ClipGrpc.Tests.Clients;

/// <summary>Callers see types of the client, not those generated from the contract.</summary>
public sealed class PublicSurfaceTests
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic
        | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    // RawClip and its kind give out the generated clients on purpose.
    private const string Raw = "Raw";

    [Fact]
    public void PublicMembers_OfTheClient_MentionNoGeneratedTypes()
    {
        var exported = typeof(ClipClient).Assembly.GetExportedTypes();
        Assert.NotEmpty(exported);

        var mentioned = exported.SelectMany(type => Uses(type)).Where(use => IsGenerated(use.Type));

        Assert.Empty(mentioned.Select(use => $"{use.Member}: {use.Type}").Distinct());
    }

    [Fact]
    public void RawMembers_OfTheClient_AreFoundByTheSameSearch() => Assert.Equal(
        ["RawClip", "RawHealth", "RawModels"],
        typeof(ClipClient).GetProperties().Where(property => IsGenerated(property.PropertyType))
            .Select(property => property.Name).Order());

    private static IEnumerable<(string Member, Type Type)> Uses(Type type)
    {
        foreach (var used in (Type?[])[type.BaseType, .. type.GetInterfaces()])
        {
            foreach (var part in Parts(used))
                yield return (type.Name, part);
        }

        foreach (var member in type.GetMembers(Declared))
        {
            if (member.Name.Replace("get_", "", StringComparison.Ordinal).StartsWith(Raw, StringComparison.Ordinal))
                continue;
            foreach (var part in TypesOf(member).SelectMany(Parts))
                yield return ($"{type.Name}.{member.Name}", part);
        }
    }

    private static IEnumerable<Type?> TypesOf(MemberInfo member) => member switch
    {
        MethodBase { IsPublic: false, IsFamily: false, IsFamilyOrAssembly: false } => [],
        MethodInfo method => [method.ReturnType, .. TypesOf(method.GetParameters()), .. Constraints(method)],
        MethodBase constructor => TypesOf(constructor.GetParameters()),
        FieldInfo { IsPublic: false, IsFamily: false, IsFamilyOrAssembly: false } => [],
        FieldInfo field => [field.FieldType],
        _ => [], // A property or event has its accessors; a nested type is exported by itself.
    };

    private static IEnumerable<Type?> TypesOf(ParameterInfo[] parameters) =>
        parameters.Select(parameter => parameter.ParameterType);

    private static IEnumerable<Type> Constraints(MethodInfo method) =>
        method.GetGenericArguments().SelectMany(argument => argument.GetGenericParameterConstraints());

    private static IEnumerable<Type> Parts(Type? type)
    {
        if (type is null)
            return [];
        if (type.HasElementType)
            return Parts(type.GetElementType());
        return type.IsGenericType ? [type, .. type.GetGenericArguments().SelectMany(Parts)] : [type];
    }

    private static bool IsGenerated(Type type) =>
        type.Namespace is { } name
        && (IsIn(name, "ClipGrpc.V1") || IsIn(name, "ClipGrpc.OpenInference") || IsIn(name, "Google")
            || IsIn(name, "Grpc.Health"));

    private static bool IsIn(string name, string parent) =>
        name == parent || name.StartsWith($"{parent}.", StringComparison.Ordinal);
}
