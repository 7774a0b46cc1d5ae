namespace ClipGrpc.Client;

/// <summary>
/// Why a call or an item failed, as reported by the server. Names and numbers are those of the contract. A newer server
/// can report reasons that are unknown to this version; use the status then. The names in quotes are keys of
/// <see cref="ClipClientException.Metadata"/>.
/// </summary>
public enum ErrorReason
{
    /// <summary>
    /// There is no reason, because no server was reached or the error is from the client; or it is unknown to this
    /// version.
    /// </summary>
    Unknown = 0,

    /// <summary>The value of a field, or of a header such as <c>grpc-timeout</c>, is not valid.</summary>
    InvalidField = 1,

    /// <summary>A required field is not set or is empty.</summary>
    MissingField = 2,

    /// <summary>An enum field has a value that is not known to this server.</summary>
    UnknownEnumValue = 3,

    /// <summary>
    /// A repeated field has too many elements, or a call has more items than its caller's burst: "limit", "value".
    /// </summary>
    TooManyElements = 4,

    /// <summary>A text, label, template or id is too long: "limit", "value".</summary>
    TextTooLong = 5,

    /// <summary>
    /// A text has more tokens than the model's context length, and <see cref="LongText.Reject"/> is set: "limit",
    /// "value".
    /// </summary>
    TooManyTokens = 6,

    /// <summary>Two labels of a label set are identical for the model.</summary>
    DuplicateLabel = 7,

    /// <summary>A template does not contain <c>{}</c> exactly once.</summary>
    InvalidTemplate = 8,

    /// <summary>The bytes are not a valid image: damaged, truncated, or raw pixels of a wrong length.</summary>
    InvalidImage = 9,

    /// <summary>The image has a format, or a variant of a format, that the server does not support.</summary>
    UnsupportedImage = 10,

    /// <summary>The image has too many pixels, or requires too much memory to be decoded: "limit", "value".</summary>
    ImageTooLarge = 11,

    /// <summary>
    /// The response could be larger than <see cref="ClipLimits.MaxMessageBytes"/>: "limit", "value" in bytes.
    /// </summary>
    ResponseTooLarge = 12,

    /// <summary>The request is not a valid message or, over HTTP, not valid JSON.</summary>
    MalformedRequest = 13,

    /// <summary>The request message was not completed in time.</summary>
    RequestTimeout = 14,

    /// <summary>LoadModel: the name is in use: "model".</summary>
    ModelExists = 15,

    /// <summary>
    /// LoadModel: the model's files are damaged, or the server cannot run the model in this precision.
    /// </summary>
    InvalidModel = 16,

    /// <summary>A setting of the server is not valid.</summary>
    InvalidSetting = 17,

    /// <summary>No model of this name is loaded: "model".</summary>
    ModelNotFound = 20,

    /// <summary>This replica does not have the label set; create it again: "model", "label_set_id".</summary>
    LabelSetNotFound = 21,

    /// <summary>LoadModel: the source does not exist.</summary>
    ModelSourceNotFound = 22,

    /// <summary>Health: no service has this name. HTTP: no endpoint has this path.</summary>
    ServiceNotFound = 23,

    /// <summary>The queue of a model, or of image decoding, is full: "queue", "limit".</summary>
    QueueFull = 30,

    /// <summary>The caller uses its whole share of a queue: "queue", "limit".</summary>
    CallerShareUsed = 31,

    /// <summary>The deadline cannot be met because of the work ahead of the call: "queue".</summary>
    DeadlineUnreachable = 32,

    /// <summary>The caller has reached its rate of items: "limit" in items per second.</summary>
    RateLimited = 33,

    /// <summary>The caller has too many open calls: "limit".</summary>
    CallerCallLimit = 34,

    /// <summary>The server has too many open calls: "limit".</summary>
    ServerCallLimit = 35,

    /// <summary>The requests that are being processed use the whole memory budget.</summary>
    MemoryExhausted = 36,

    /// <summary>
    /// The request message is larger than <see cref="ClipLimits.MaxMessageBytes"/>: "limit" in bytes. A retry does not
    /// help.
    /// </summary>
    MessageTooLarge = 37,

    /// <summary>The deadline of the call, or the server's default deadline for calls without one, has passed.</summary>
    DeadlinePassed = 40,

    /// <summary>The call would take longer than its deadline even on an idle server: "queue".</summary>
    DeadlineTooShort = 41,

    /// <summary>The model is loading: "model".</summary>
    ModelLoading = 50,

    /// <summary>The model is being restarted after a failure of its device.</summary>
    ModelRestarting = 51,

    /// <summary>The model is being unloaded.</summary>
    ModelUnloading = 52,

    /// <summary>
    /// The model has failed permanently. A retry can succeed at another replica, or after a restart of the server.
    /// </summary>
    ModelFailed = 53,

    /// <summary>
    /// The server is shutting down. A retry can succeed at another replica, or after a restart of the server.
    /// </summary>
    ServerStopping = 54,

    /// <summary>LoadModel: the Hugging Face Hub or its cache cannot be used.</summary>
    ModelSourceUnavailable = 55,

    /// <summary>LoadModel: the device cannot be used.</summary>
    DeviceUnavailable = 56,

    /// <summary>The signing keys of the token's issuer cannot be fetched.</summary>
    IssuerUnavailable = 57,

    /// <summary>The call has no credentials.</summary>
    CredentialsMissing = 60,

    /// <summary>The API key, token or certificate is not valid.</summary>
    CredentialsInvalid = 61,

    /// <summary>The caller has none of the roles that the call requires: "roles".</summary>
    RoleMissing = 70,

    /// <summary>LoadModel: this server does not permit models from this source.</summary>
    ModelSourceForbidden = 71,

    /// <summary>LoadModel: the Hugging Face Hub denied access to the model.</summary>
    ModelSourceDenied = 72,

    /// <summary>The server failed. Its log has the cause.</summary>
    InternalError = 80,

    /// <summary>The model runtime failed while it ran the item.</summary>
    ModelRunFailed = 81,

    /// <summary>The embedding has NaN or infinite values.</summary>
    EmbeddingNotFinite = 82,

    /// <summary>
    /// UNIMPLEMENTED: the compression of the message is not supported. INTERNAL: the message is compressed, but
    /// <c>grpc-encoding</c> is not set.
    /// </summary>
    UnsupportedCompression = 90,

    /// <summary>UNIMPLEMENTED: the method does not exist.</summary>
    MethodNotFound = 91,

    /// <summary>CANCELLED: the caller cancelled the call.</summary>
    CallCancelled = 92,
}
