namespace ClipGrpc.Server.Http;

/// <summary>The errors of Text Embeddings Inference: a text and a type.</summary>
/// <param name="invalidStatus">
/// The status of an invalid request: at <c>/</c>, which it shares with the Hugging Face inference API, that of the
/// latter.
/// </param>
internal sealed class TeiErrors(int invalidStatus) : ErrorFormat
{
    public static TeiErrors Tei { get; } = new(StatusCodes.Status422UnprocessableEntity);

    public static TeiErrors HuggingFace { get; } = new(StatusCodes.Status400BadRequest);

    protected override int ToStatus(RequestError error) => error.Code switch
    {
        _ when error.ErrorCode == FacadeEngine.EmptyList => StatusCodes.Status400BadRequest,
        ClipErrorCode.InvalidInput => invalidStatus,
        _ => base.ToStatus(error),
    };

    protected override Task WriteBodyAsync(HttpResponse response, RequestError error)
    {
        var type = error.Code switch
        {
            _ when error.Reason == ClipErrorReason.MessageTooLarge => "Validation",
            _ when error.ErrorCode == FacadeEngine.EmptyList => "Empty",
            ClipErrorCode.InvalidInput or ClipErrorCode.NotFound or ClipErrorCode.Unauthenticated
                or ClipErrorCode.PermissionDenied => "Validation",
            ClipErrorCode.Overloaded => "Overloaded",
            ClipErrorCode.Unavailable => "Unhealthy",
            _ => "Backend",
        };
        return HttpJson.WriteAsync(response, new TeiErrorBody(error.Message, type), HttpJson.Default.TeiErrorBody);
    }
}

internal sealed record TeiErrorBody(string Error, string ErrorType);
