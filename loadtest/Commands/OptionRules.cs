using System.CommandLine;

namespace ClipGrpc.LoadTest.Commands;

internal static class OptionRules
{
    /// <summary>Refuses values that were given and break a rule; defaults are held to keep it.</summary>
    public static Option<T> Require<T>(this Option<T> option, Func<T, bool> rule, string message)
    {
        option.Validators.Add(result =>
        {
            try
            {
                if (!result.Implicit && result.GetValueOrDefault<T>() is { } value && !rule(value))
                    result.AddError($"{option.Name} {message}");
            }
            catch (InvalidOperationException)
            {
                // A value that cannot be read: the parser reports that by itself.
            }
        });
        return option;
    }
}
