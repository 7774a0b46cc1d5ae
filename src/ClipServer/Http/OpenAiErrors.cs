namespace ClipGrpc.Server.Http;

/// <summary>
/// The errors of the OpenAI API: an object with a message, a type, a field and a code. Clients of the Jina API, which
/// shares the path, read <c>detail</c>.
/// </summary>
/// <param name="invalidStatus">The status of an invalid request, in which the two APIs differ.</param>
internal sealed class OpenAiErrors(int invalidStatus) : ErrorFormat
{
    public static OpenAiErrors OpenAi { get; } = new(StatusCodes.Status400BadRequest);

    public static OpenAiErrors Jina { get; } = new(StatusCodes.Status422UnprocessableEntity);

    protected override int ToStatus(RequestError error) =>
        error.Code == ClipErrorCode.InvalidInput ? invalidStatus : base.ToStatus(error);

    protected override Task WriteBodyAsync(HttpResponse response, RequestError error)
    {
        var (type, code) = error.Code switch
        {
            _ when error.Reason == ClipErrorReason.MessageTooLarge => ("invalid_request_error", "request_too_large"),
            ClipErrorCode.InvalidInput => ("invalid_request_error", "invalid_value"),
            ClipErrorCode.NotFound => ("invalid_request_error", error.Reason switch
            {
                ClipErrorReason.LabelSetNotFound => "label_set_not_found",
                ClipErrorReason.ServiceNotFound => "unknown_url",
                _ => "model_not_found",
            }),
            ClipErrorCode.Overloaded => ("rate_limit_error", "overloaded"),
            ClipErrorCode.DeadlineExceeded => ("timeout_error", "deadline"),
            ClipErrorCode.Unavailable => ("unavailable_error", error.Reason switch
            {
                ClipErrorReason.ModelLoading or ClipErrorReason.ModelRestarting => "loading",
                ClipErrorReason.ModelUnloading or ClipErrorReason.ServerStopping => "draining",
                _ => "unavailable",
            }),
            ClipErrorCode.Unauthenticated => ("invalid_request_error", "invalid_api_key"),
            ClipErrorCode.PermissionDenied => ("permission_error", "permission_denied"),
            _ => ("api_error", null),
        };
        var body = new OpenAiErrorBody(
            new OpenAiError(error.Message, type, error.Field, error.ErrorCode ?? code), error.Message);
        return HttpJson.WriteAsync(response, body, HttpJson.Default.OpenAiErrorBody);
    }
}

internal sealed record OpenAiErrorBody(OpenAiError Error, string Detail);

internal sealed record OpenAiError(string Message, string Type, string? Param, string? Code);
