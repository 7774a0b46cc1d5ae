using System.Net;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace ClipGrpc.FunctionalTests.Http;

/// <summary>A response in JSON, and how tests ask for one.</summary>
internal sealed record JsonResponse(HttpStatusCode Status, JsonElement Body, HttpResponseHeaders Headers)
{
    public int Code => (int)Status;

    public static Task<JsonResponse> PostAsync(
        HttpClient http, string path, string json, params (string Name, string Value)[] headers) =>
        SendAsync(http, HttpMethod.Post, path, new StringContent(json, Encoding.UTF8, "application/json"), headers);

    public static Task<JsonResponse> GetAsync(
        HttpClient http, string path, params (string Name, string Value)[] headers) =>
        SendAsync(http, HttpMethod.Get, path, null, headers);

    public static async Task<JsonResponse> SendAsync(
        HttpClient http, HttpMethod method, string path, HttpContent? content,
        params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var body = text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
        return new JsonResponse(response.StatusCode, body, response.Headers);
    }

    public static float[] Floats(JsonElement numbers) =>
        [.. numbers.EnumerateArray().Select(number => number.GetSingle())];

    public static float[] Base64Floats(JsonElement text) =>
        [.. MemoryMarshal.Cast<byte, float>(text.GetBytesFromBase64())];

    public static string DataUri(string type, byte[] bytes) => $"data:{type};base64,{Convert.ToBase64String(bytes)}";
}
