namespace ClipGrpc.Server.Observability;

internal enum ItemKind
{
    Image,
    Text,
}
