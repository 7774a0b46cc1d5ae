namespace ClipGrpc.Serving;

internal enum ItemKind
{
    Image,
    Text,
}
