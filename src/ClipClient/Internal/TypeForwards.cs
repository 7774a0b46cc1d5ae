using System.Runtime.CompilerServices;

// A library that was built with the assembly for .NET Standard 2.0, which has this type itself, names it in every use
// of an init accessor. With this assembly it finds the framework's.
[assembly: TypeForwardedTo(typeof(IsExternalInit))]
