using System.Text.Json.Serialization;

namespace ClipGrpc.Models.Sessions;

[JsonSerializable(typeof(Dictionary<string, Dictionary<string, string>>))]
internal sealed partial class OpenVinoJson : JsonSerializerContext;
