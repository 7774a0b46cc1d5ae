namespace ClipGrpc;

/// <summary>
/// Why something failed, for programs: each reason belongs to one <see cref="ClipErrorCode"/>. The names and their
/// documentation are those of <c>clipgrpc.v1.ErrorReason</c>; a test holds both together.
/// </summary>
internal enum ClipErrorReason
{
    InvalidField = 1,
    MissingField,
    UnknownEnumValue,
    TooManyElements,
    TextTooLong,
    TooManyTokens,
    DuplicateLabel,
    InvalidTemplate,
    InvalidImage,
    UnsupportedImage,
    ImageTooLarge,
    ResponseTooLarge,
    MalformedRequest,
    RequestTimeout,
    ModelExists,
    InvalidModel,
    InvalidSetting,

    ModelNotFound = 20,
    LabelSetNotFound,
    ModelSourceNotFound,
    ServiceNotFound,

    QueueFull = 30,
    CallerShareUsed,
    DeadlineUnreachable,
    RateLimited,
    CallerCallLimit,
    ServerCallLimit,
    MemoryExhausted,
    MessageTooLarge,

    DeadlinePassed = 40,
    DeadlineTooShort,

    ModelLoading = 50,
    ModelRestarting,
    ModelUnloading,
    ModelFailed,
    ServerStopping,
    ModelSourceUnavailable,
    DeviceUnavailable,
    IssuerUnavailable,

    CredentialsMissing = 60,
    CredentialsInvalid,

    RoleMissing = 70,
    ModelSourceForbidden,
    ModelSourceDenied,

    InternalError = 80,
    ModelRunFailed,
    EmbeddingNotFinite,

    // Statuses of the protocol beneath, which no exception of this program has.
    UnsupportedCompression = 90,
    MethodNotFound,
    CallCancelled,
}
