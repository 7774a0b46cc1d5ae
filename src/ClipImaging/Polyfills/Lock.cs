namespace ClipGrpc;

/// <summary>Stands for <c>System.Threading.Lock</c>, which .NET has from 9 on: <c>lock</c> uses its monitor.</summary>
internal sealed class Lock;
