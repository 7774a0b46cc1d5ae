from clipgrpc.google_rpc import status_pb2 as _status_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

ALPHA_MODE_DROP: AlphaMode
ALPHA_MODE_UNSPECIFIED: AlphaMode
ALPHA_MODE_WHITE: AlphaMode
CALLER_CALL_LIMIT: ErrorReason
CALLER_SHARE_USED: ErrorReason
CALL_CANCELLED: ErrorReason
COLOR_MATRIX_BT2020: ColorMatrix
COLOR_MATRIX_BT601: ColorMatrix
COLOR_MATRIX_BT709: ColorMatrix
COLOR_MATRIX_UNSPECIFIED: ColorMatrix
COLOR_RANGE_FULL: ColorRange
COLOR_RANGE_LIMITED: ColorRange
COLOR_RANGE_UNSPECIFIED: ColorRange
CREDENTIALS_INVALID: ErrorReason
CREDENTIALS_MISSING: ErrorReason
CROP_ROUNDING_FLOOR: CropRounding
CROP_ROUNDING_HALF_EVEN: CropRounding
CROP_ROUNDING_UNSPECIFIED: CropRounding
DEADLINE_PASSED: ErrorReason
DEADLINE_TOO_SHORT: ErrorReason
DEADLINE_UNREACHABLE: ErrorReason
DESCRIPTOR: _descriptor.FileDescriptor
DEVICE_UNAVAILABLE: ErrorReason
DROP_POLICY_LATEST: DropPolicy
DROP_POLICY_NONE: DropPolicy
DROP_POLICY_UNSPECIFIED: DropPolicy
DROP_REASON_MAX_AGE: DropReason
DROP_REASON_MAX_FPS: DropReason
DROP_REASON_NEWER_FRAME: DropReason
DROP_REASON_UNSPECIFIED: DropReason
DUPLICATE_LABEL: ErrorReason
EMBEDDING_ENCODING_FLOAT16: EmbeddingEncoding
EMBEDDING_ENCODING_FLOAT32: EmbeddingEncoding
EMBEDDING_ENCODING_UNSPECIFIED: EmbeddingEncoding
EMBEDDING_NOT_FINITE: ErrorReason
EMIT_CHANGES: Emit
EMIT_EVERY_FRAME: Emit
EMIT_UNSPECIFIED: Emit
ERROR_REASON_UNSPECIFIED: ErrorReason
IMAGE_TOO_LARGE: ErrorReason
INTERNAL_ERROR: ErrorReason
INVALID_FIELD: ErrorReason
INVALID_IMAGE: ErrorReason
INVALID_MODEL: ErrorReason
INVALID_SETTING: ErrorReason
INVALID_TEMPLATE: ErrorReason
ISSUER_UNAVAILABLE: ErrorReason
LABEL_SET_NOT_FOUND: ErrorReason
LONG_TEXT_REJECT: LongText
LONG_TEXT_TRUNCATE: LongText
LONG_TEXT_UNSPECIFIED: LongText
MALFORMED_REQUEST: ErrorReason
MEMORY_EXHAUSTED: ErrorReason
MESSAGE_TOO_LARGE: ErrorReason
METHOD_NOT_FOUND: ErrorReason
MISSING_FIELD: ErrorReason
MODEL_EXISTS: ErrorReason
MODEL_FAILED: ErrorReason
MODEL_LOADING: ErrorReason
MODEL_NOT_FOUND: ErrorReason
MODEL_RESTARTING: ErrorReason
MODEL_RUN_FAILED: ErrorReason
MODEL_SOURCE_DENIED: ErrorReason
MODEL_SOURCE_FORBIDDEN: ErrorReason
MODEL_SOURCE_NOT_FOUND: ErrorReason
MODEL_SOURCE_UNAVAILABLE: ErrorReason
MODEL_STATE_DRAINING: ModelState
MODEL_STATE_FAILED: ModelState
MODEL_STATE_LOADING: ModelState
MODEL_STATE_READY: ModelState
MODEL_STATE_UNSPECIFIED: ModelState
MODEL_UNLOADING: ErrorReason
ORDERING_COMPLETION: Ordering
ORDERING_INPUT: Ordering
ORDERING_UNSPECIFIED: Ordering
PIXEL_FORMAT_BGR0: PixelFormat
PIXEL_FORMAT_BGR24: PixelFormat
PIXEL_FORMAT_BGRA32: PixelFormat
PIXEL_FORMAT_GRAY8: PixelFormat
PIXEL_FORMAT_I420: PixelFormat
PIXEL_FORMAT_NV12: PixelFormat
PIXEL_FORMAT_P010: PixelFormat
PIXEL_FORMAT_RGB24: PixelFormat
PIXEL_FORMAT_RGBA32: PixelFormat
PIXEL_FORMAT_UNSPECIFIED: PixelFormat
PIXEL_FORMAT_UYVY: PixelFormat
PIXEL_FORMAT_YUY2: PixelFormat
PRIORITY_BULK: Priority
PRIORITY_INTERACTIVE: Priority
PRIORITY_UNSPECIFIED: Priority
QUEUE_FULL: ErrorReason
RATE_LIMITED: ErrorReason
REQUEST_TIMEOUT: ErrorReason
RESIZE_FILTER_BICUBIC: ResizeFilter
RESIZE_FILTER_BILINEAR: ResizeFilter
RESIZE_FILTER_BOX: ResizeFilter
RESIZE_FILTER_HAMMING: ResizeFilter
RESIZE_FILTER_LANCZOS: ResizeFilter
RESIZE_FILTER_UNSPECIFIED: ResizeFilter
RESIZE_MODE_SHORTEST_EDGE: ResizeMode
RESIZE_MODE_SQUASH: ResizeMode
RESIZE_MODE_UNSPECIFIED: ResizeMode
RESPONSE_TOO_LARGE: ErrorReason
ROLE_MISSING: ErrorReason
SERVER_CALL_LIMIT: ErrorReason
SERVER_STOPPING: ErrorReason
SERVICE_NOT_FOUND: ErrorReason
TEXT_TOO_LONG: ErrorReason
TOO_MANY_ELEMENTS: ErrorReason
TOO_MANY_TOKENS: ErrorReason
UNKNOWN_ENUM_VALUE: ErrorReason
UNSUPPORTED_COMPRESSION: ErrorReason
UNSUPPORTED_IMAGE: ErrorReason

class Architecture(_message.Message):
    __slots__ = ["activation", "context_length", "embedding_dimensions", "image_size", "parameters", "patch_size", "text", "vision", "vocabulary_size"]
    ACTIVATION_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_LENGTH_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_DIMENSIONS_FIELD_NUMBER: _ClassVar[int]
    IMAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    PATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    VISION_FIELD_NUMBER: _ClassVar[int]
    VOCABULARY_SIZE_FIELD_NUMBER: _ClassVar[int]
    activation: str
    context_length: int
    embedding_dimensions: int
    image_size: int
    parameters: int
    patch_size: int
    text: Tower
    vision: Tower
    vocabulary_size: int
    def __init__(self, embedding_dimensions: _Optional[int] = ..., image_size: _Optional[int] = ..., patch_size: _Optional[int] = ..., context_length: _Optional[int] = ..., vocabulary_size: _Optional[int] = ..., vision: _Optional[_Union[Tower, _Mapping]] = ..., text: _Optional[_Union[Tower, _Mapping]] = ..., activation: _Optional[str] = ..., parameters: _Optional[int] = ...) -> None: ...

class CandidateError(_message.Message):
    __slots__ = ["error", "index"]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    error: _status_pb2.Status
    index: int
    def __init__(self, index: _Optional[int] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ...) -> None: ...

class ClassifyOptions(_message.Message):
    __slots__ = ["all_scores", "image", "priority"]
    ALL_SCORES_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    all_scores: bool
    image: ImageOptions
    priority: Priority
    def __init__(self, image: _Optional[_Union[ImageOptions, _Mapping]] = ..., priority: _Optional[_Union[Priority, str]] = ..., all_scores: bool = ...) -> None: ...

class ClassifyRequest(_message.Message):
    __slots__ = ["images", "label_set", "label_set_id", "model", "options", "top_k"]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    LABEL_SET_FIELD_NUMBER: _ClassVar[int]
    LABEL_SET_ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    images: _containers.RepeatedCompositeFieldContainer[Image]
    label_set: LabelSet
    label_set_id: str
    model: str
    options: ClassifyOptions
    top_k: int
    def __init__(self, model: _Optional[str] = ..., images: _Optional[_Iterable[_Union[Image, _Mapping]]] = ..., label_set: _Optional[_Union[LabelSet, _Mapping]] = ..., label_set_id: _Optional[str] = ..., top_k: _Optional[int] = ..., options: _Optional[_Union[ClassifyOptions, _Mapping]] = ...) -> None: ...

class ClassifyResponse(_message.Message):
    __slots__ = ["model", "results", "timings", "truncated_sentences"]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    TIMINGS_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_SENTENCES_FIELD_NUMBER: _ClassVar[int]
    model: ModelRef
    results: _containers.RepeatedCompositeFieldContainer[ClassifyResult]
    timings: Timings
    truncated_sentences: int
    def __init__(self, model: _Optional[_Union[ModelRef, _Mapping]] = ..., results: _Optional[_Iterable[_Union[ClassifyResult, _Mapping]]] = ..., timings: _Optional[_Union[Timings, _Mapping]] = ..., truncated_sentences: _Optional[int] = ...) -> None: ...

class ClassifyResult(_message.Message):
    __slots__ = ["error", "predictions", "scores"]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    PREDICTIONS_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    error: _status_pb2.Status
    predictions: _containers.RepeatedCompositeFieldContainer[Prediction]
    scores: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, predictions: _Optional[_Iterable[_Union[Prediction, _Mapping]]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ..., scores: _Optional[_Iterable[float]] = ...) -> None: ...

class ClassifyStreamConfig(_message.Message):
    __slots__ = ["drop_policy", "emit", "events", "include_embedding", "label_set", "label_set_id", "max_age_us", "max_fps", "model", "options", "regions", "scene_threshold", "smoothing", "smoothing_half_life_us", "static_threshold", "top_k"]
    DROP_POLICY_FIELD_NUMBER: _ClassVar[int]
    EMIT_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_EMBEDDING_FIELD_NUMBER: _ClassVar[int]
    LABEL_SET_FIELD_NUMBER: _ClassVar[int]
    LABEL_SET_ID_FIELD_NUMBER: _ClassVar[int]
    MAX_AGE_US_FIELD_NUMBER: _ClassVar[int]
    MAX_FPS_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    REGIONS_FIELD_NUMBER: _ClassVar[int]
    SCENE_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    SMOOTHING_FIELD_NUMBER: _ClassVar[int]
    SMOOTHING_HALF_LIFE_US_FIELD_NUMBER: _ClassVar[int]
    STATIC_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    drop_policy: DropPolicy
    emit: Emit
    events: EventOptions
    include_embedding: bool
    label_set: LabelSet
    label_set_id: str
    max_age_us: int
    max_fps: float
    model: str
    options: ClassifyOptions
    regions: _containers.RepeatedCompositeFieldContainer[Region]
    scene_threshold: float
    smoothing: float
    smoothing_half_life_us: int
    static_threshold: float
    top_k: int
    def __init__(self, model: _Optional[str] = ..., label_set: _Optional[_Union[LabelSet, _Mapping]] = ..., label_set_id: _Optional[str] = ..., top_k: _Optional[int] = ..., smoothing: _Optional[float] = ..., drop_policy: _Optional[_Union[DropPolicy, str]] = ..., options: _Optional[_Union[ClassifyOptions, _Mapping]] = ..., max_fps: _Optional[float] = ..., static_threshold: _Optional[float] = ..., scene_threshold: _Optional[float] = ..., smoothing_half_life_us: _Optional[int] = ..., max_age_us: _Optional[int] = ..., regions: _Optional[_Iterable[_Union[Region, _Mapping]]] = ..., include_embedding: bool = ..., emit: _Optional[_Union[Emit, str]] = ..., events: _Optional[_Union[EventOptions, _Mapping]] = ...) -> None: ...

class ClassifyStreamRequest(_message.Message):
    __slots__ = ["config", "frame", "update"]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_FIELD_NUMBER: _ClassVar[int]
    config: ClassifyStreamConfig
    frame: Frame
    update: ClassifyStreamUpdate
    def __init__(self, config: _Optional[_Union[ClassifyStreamConfig, _Mapping]] = ..., frame: _Optional[_Union[Frame, _Mapping]] = ..., update: _Optional[_Union[ClassifyStreamUpdate, _Mapping]] = ...) -> None: ...

class ClassifyStreamResponse(_message.Message):
    __slots__ = ["counters", "drop_reason", "dropped", "embedding", "error", "frame_id", "frames_completed", "model", "predictions", "regions", "scene_change", "scores", "segments", "skipped", "source_id", "stream_end", "timestamp_us", "timings", "truncated_sentences"]
    COUNTERS_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    DROP_REASON_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    FRAMES_COMPLETED_FIELD_NUMBER: _ClassVar[int]
    FRAME_ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    PREDICTIONS_FIELD_NUMBER: _ClassVar[int]
    REGIONS_FIELD_NUMBER: _ClassVar[int]
    SCENE_CHANGE_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    SKIPPED_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    STREAM_END_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_US_FIELD_NUMBER: _ClassVar[int]
    TIMINGS_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_SENTENCES_FIELD_NUMBER: _ClassVar[int]
    counters: SourceCounters
    drop_reason: DropReason
    dropped: bool
    embedding: Embedding
    error: _status_pb2.Status
    frame_id: int
    frames_completed: int
    model: ModelRef
    predictions: _containers.RepeatedCompositeFieldContainer[Prediction]
    regions: _containers.RepeatedCompositeFieldContainer[RegionResult]
    scene_change: bool
    scores: _containers.RepeatedScalarFieldContainer[float]
    segments: _containers.RepeatedCompositeFieldContainer[Segment]
    skipped: bool
    source_id: str
    stream_end: bool
    timestamp_us: int
    timings: Timings
    truncated_sentences: int
    def __init__(self, frame_id: _Optional[int] = ..., timestamp_us: _Optional[int] = ..., model: _Optional[_Union[ModelRef, _Mapping]] = ..., predictions: _Optional[_Iterable[_Union[Prediction, _Mapping]]] = ..., dropped: bool = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ..., timings: _Optional[_Union[Timings, _Mapping]] = ..., truncated_sentences: _Optional[int] = ..., scores: _Optional[_Iterable[float]] = ..., source_id: _Optional[str] = ..., drop_reason: _Optional[_Union[DropReason, str]] = ..., skipped: bool = ..., scene_change: bool = ..., embedding: _Optional[_Union[Embedding, _Mapping]] = ..., regions: _Optional[_Iterable[_Union[RegionResult, _Mapping]]] = ..., segments: _Optional[_Iterable[_Union[Segment, _Mapping]]] = ..., counters: _Optional[_Union[SourceCounters, _Mapping]] = ..., frames_completed: _Optional[int] = ..., stream_end: bool = ...) -> None: ...

class ClassifyStreamUpdate(_message.Message):
    __slots__ = ["label_set", "label_set_id"]
    LABEL_SET_FIELD_NUMBER: _ClassVar[int]
    LABEL_SET_ID_FIELD_NUMBER: _ClassVar[int]
    label_set: LabelSet
    label_set_id: str
    def __init__(self, label_set: _Optional[_Union[LabelSet, _Mapping]] = ..., label_set_id: _Optional[str] = ...) -> None: ...

class CreateLabelSetRequest(_message.Message):
    __slots__ = ["label_set", "model"]
    LABEL_SET_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    label_set: LabelSet
    model: str
    def __init__(self, model: _Optional[str] = ..., label_set: _Optional[_Union[LabelSet, _Mapping]] = ...) -> None: ...

class CreateLabelSetResponse(_message.Message):
    __slots__ = ["id", "label_count", "model", "template_count", "truncated_sentences"]
    ID_FIELD_NUMBER: _ClassVar[int]
    LABEL_COUNT_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    TEMPLATE_COUNT_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_SENTENCES_FIELD_NUMBER: _ClassVar[int]
    id: str
    label_count: int
    model: ModelRef
    template_count: int
    truncated_sentences: int
    def __init__(self, id: _Optional[str] = ..., model: _Optional[_Union[ModelRef, _Mapping]] = ..., label_count: _Optional[int] = ..., template_count: _Optional[int] = ..., truncated_sentences: _Optional[int] = ...) -> None: ...

class EmbedOptions(_message.Message):
    __slots__ = ["encoding", "image", "long_text", "normalize", "priority"]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    LONG_TEXT_FIELD_NUMBER: _ClassVar[int]
    NORMALIZE_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    encoding: EmbeddingEncoding
    image: ImageOptions
    long_text: LongText
    normalize: bool
    priority: Priority
    def __init__(self, normalize: bool = ..., encoding: _Optional[_Union[EmbeddingEncoding, str]] = ..., long_text: _Optional[_Union[LongText, str]] = ..., image: _Optional[_Union[ImageOptions, _Mapping]] = ..., priority: _Optional[_Union[Priority, str]] = ...) -> None: ...

class EmbedRequest(_message.Message):
    __slots__ = ["inputs", "model", "options"]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    inputs: _containers.RepeatedCompositeFieldContainer[Input]
    model: str
    options: EmbedOptions
    def __init__(self, model: _Optional[str] = ..., inputs: _Optional[_Iterable[_Union[Input, _Mapping]]] = ..., options: _Optional[_Union[EmbedOptions, _Mapping]] = ...) -> None: ...

class EmbedResponse(_message.Message):
    __slots__ = ["model", "results", "timings"]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    TIMINGS_FIELD_NUMBER: _ClassVar[int]
    model: ModelRef
    results: _containers.RepeatedCompositeFieldContainer[EmbedResult]
    timings: Timings
    def __init__(self, model: _Optional[_Union[ModelRef, _Mapping]] = ..., results: _Optional[_Iterable[_Union[EmbedResult, _Mapping]]] = ..., timings: _Optional[_Union[Timings, _Mapping]] = ...) -> None: ...

class EmbedResult(_message.Message):
    __slots__ = ["embedding", "error", "token_count", "truncated"]
    EMBEDDING_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    TOKEN_COUNT_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    embedding: Embedding
    error: _status_pb2.Status
    token_count: int
    truncated: bool
    def __init__(self, embedding: _Optional[_Union[Embedding, _Mapping]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ..., token_count: _Optional[int] = ..., truncated: bool = ...) -> None: ...

class EmbedStreamConfig(_message.Message):
    __slots__ = ["model", "options", "ordering"]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    ORDERING_FIELD_NUMBER: _ClassVar[int]
    model: str
    options: EmbedOptions
    ordering: Ordering
    def __init__(self, model: _Optional[str] = ..., options: _Optional[_Union[EmbedOptions, _Mapping]] = ..., ordering: _Optional[_Union[Ordering, str]] = ...) -> None: ...

class EmbedStreamRequest(_message.Message):
    __slots__ = ["config", "id", "input"]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    config: EmbedStreamConfig
    id: str
    input: Input
    def __init__(self, config: _Optional[_Union[EmbedStreamConfig, _Mapping]] = ..., id: _Optional[str] = ..., input: _Optional[_Union[Input, _Mapping]] = ...) -> None: ...

class EmbedStreamResponse(_message.Message):
    __slots__ = ["id", "model", "result", "timings"]
    ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    TIMINGS_FIELD_NUMBER: _ClassVar[int]
    id: str
    model: ModelRef
    result: EmbedResult
    timings: Timings
    def __init__(self, id: _Optional[str] = ..., model: _Optional[_Union[ModelRef, _Mapping]] = ..., result: _Optional[_Union[EmbedResult, _Mapping]] = ..., timings: _Optional[_Union[Timings, _Mapping]] = ...) -> None: ...

class Embedding(_message.Message):
    __slots__ = ["values", "values_float16"]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    VALUES_FLOAT16_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[float]
    values_float16: bytes
    def __init__(self, values: _Optional[_Iterable[float]] = ..., values_float16: _Optional[bytes] = ...) -> None: ...

class EventOptions(_message.Message):
    __slots__ = ["enter_threshold", "leave_threshold", "min_duration_us"]
    ENTER_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    LEAVE_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    MIN_DURATION_US_FIELD_NUMBER: _ClassVar[int]
    enter_threshold: float
    leave_threshold: float
    min_duration_us: int
    def __init__(self, enter_threshold: _Optional[float] = ..., leave_threshold: _Optional[float] = ..., min_duration_us: _Optional[int] = ...) -> None: ...

class Frame(_message.Message):
    __slots__ = ["frame_id", "image", "source_id", "timestamp_us"]
    FRAME_ID_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_US_FIELD_NUMBER: _ClassVar[int]
    frame_id: int
    image: Image
    source_id: str
    timestamp_us: int
    def __init__(self, frame_id: _Optional[int] = ..., timestamp_us: _Optional[int] = ..., image: _Optional[_Union[Image, _Mapping]] = ..., source_id: _Optional[str] = ...) -> None: ...

class GetModelRequest(_message.Message):
    __slots__ = ["name"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class Image(_message.Message):
    __slots__ = ["encoded", "raw"]
    ENCODED_FIELD_NUMBER: _ClassVar[int]
    RAW_FIELD_NUMBER: _ClassVar[int]
    encoded: bytes
    raw: RawImage
    def __init__(self, encoded: _Optional[bytes] = ..., raw: _Optional[_Union[RawImage, _Mapping]] = ...) -> None: ...

class ImageOptions(_message.Message):
    __slots__ = ["alpha", "ignore_orientation"]
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    IGNORE_ORIENTATION_FIELD_NUMBER: _ClassVar[int]
    alpha: AlphaMode
    ignore_orientation: bool
    def __init__(self, alpha: _Optional[_Union[AlphaMode, str]] = ..., ignore_orientation: bool = ...) -> None: ...

class ImagePreparation(_message.Message):
    __slots__ = ["crop_rounding", "edge", "filter", "mode", "size"]
    CROP_ROUNDING_FIELD_NUMBER: _ClassVar[int]
    EDGE_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    crop_rounding: CropRounding
    edge: int
    filter: ResizeFilter
    mode: ResizeMode
    size: int
    def __init__(self, size: _Optional[int] = ..., edge: _Optional[int] = ..., mode: _Optional[_Union[ResizeMode, str]] = ..., filter: _Optional[_Union[ResizeFilter, str]] = ..., crop_rounding: _Optional[_Union[CropRounding, str]] = ...) -> None: ...

class Input(_message.Message):
    __slots__ = ["image", "text"]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    image: Image
    text: str
    def __init__(self, image: _Optional[_Union[Image, _Mapping]] = ..., text: _Optional[str] = ...) -> None: ...

class LabelSet(_message.Message):
    __slots__ = ["labels", "long_text", "templates"]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    LONG_TEXT_FIELD_NUMBER: _ClassVar[int]
    TEMPLATES_FIELD_NUMBER: _ClassVar[int]
    labels: _containers.RepeatedScalarFieldContainer[str]
    long_text: LongText
    templates: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, labels: _Optional[_Iterable[str]] = ..., templates: _Optional[_Iterable[str]] = ..., long_text: _Optional[_Union[LongText, str]] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ["max_image_pixels", "max_image_side", "max_inputs", "max_labels", "max_message_bytes", "max_stream_window", "max_templates", "max_text_chars"]
    MAX_IMAGE_PIXELS_FIELD_NUMBER: _ClassVar[int]
    MAX_IMAGE_SIDE_FIELD_NUMBER: _ClassVar[int]
    MAX_INPUTS_FIELD_NUMBER: _ClassVar[int]
    MAX_LABELS_FIELD_NUMBER: _ClassVar[int]
    MAX_MESSAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_STREAM_WINDOW_FIELD_NUMBER: _ClassVar[int]
    MAX_TEMPLATES_FIELD_NUMBER: _ClassVar[int]
    MAX_TEXT_CHARS_FIELD_NUMBER: _ClassVar[int]
    max_image_pixels: int
    max_image_side: int
    max_inputs: int
    max_labels: int
    max_message_bytes: int
    max_stream_window: int
    max_templates: int
    max_text_chars: int
    def __init__(self, max_inputs: _Optional[int] = ..., max_message_bytes: _Optional[int] = ..., max_text_chars: _Optional[int] = ..., max_image_pixels: _Optional[int] = ..., max_labels: _Optional[int] = ..., max_templates: _Optional[int] = ..., max_stream_window: _Optional[int] = ..., max_image_side: _Optional[int] = ...) -> None: ...

class ListModelsRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class ListModelsResponse(_message.Message):
    __slots__ = ["limits", "models", "server_version"]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    MODELS_FIELD_NUMBER: _ClassVar[int]
    SERVER_VERSION_FIELD_NUMBER: _ClassVar[int]
    limits: Limits
    models: _containers.RepeatedCompositeFieldContainer[Model]
    server_version: str
    def __init__(self, models: _Optional[_Iterable[_Union[Model, _Mapping]]] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., server_version: _Optional[str] = ...) -> None: ...

class LoadModelRequest(_message.Message):
    __slots__ = ["device", "name", "precision", "source"]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    device: str
    name: str
    precision: str
    source: str
    def __init__(self, source: _Optional[str] = ..., name: _Optional[str] = ..., precision: _Optional[str] = ..., device: _Optional[str] = ...) -> None: ...

class Model(_message.Message):
    __slots__ = ["architecture", "card", "device", "image_preparation", "is_default", "logit_scale", "max_batch_size", "name", "precision", "provider", "revision", "source", "state"]
    ARCHITECTURE_FIELD_NUMBER: _ClassVar[int]
    CARD_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    IMAGE_PREPARATION_FIELD_NUMBER: _ClassVar[int]
    IS_DEFAULT_FIELD_NUMBER: _ClassVar[int]
    LOGIT_SCALE_FIELD_NUMBER: _ClassVar[int]
    MAX_BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    architecture: Architecture
    card: ModelCard
    device: str
    image_preparation: ImagePreparation
    is_default: bool
    logit_scale: float
    max_batch_size: int
    name: str
    precision: str
    provider: str
    revision: str
    source: str
    state: ModelState
    def __init__(self, name: _Optional[str] = ..., source: _Optional[str] = ..., revision: _Optional[str] = ..., state: _Optional[_Union[ModelState, str]] = ..., is_default: bool = ..., precision: _Optional[str] = ..., provider: _Optional[str] = ..., architecture: _Optional[_Union[Architecture, _Mapping]] = ..., logit_scale: _Optional[float] = ..., card: _Optional[_Union[ModelCard, _Mapping]] = ..., max_batch_size: _Optional[int] = ..., device: _Optional[str] = ..., image_preparation: _Optional[_Union[ImagePreparation, _Mapping]] = ...) -> None: ...

class ModelCard(_message.Message):
    __slots__ = ["imagenet_top1", "intended_use", "license", "out_of_scope_use", "training_data", "url"]
    IMAGENET_TOP1_FIELD_NUMBER: _ClassVar[int]
    INTENDED_USE_FIELD_NUMBER: _ClassVar[int]
    LICENSE_FIELD_NUMBER: _ClassVar[int]
    OUT_OF_SCOPE_USE_FIELD_NUMBER: _ClassVar[int]
    TRAINING_DATA_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    imagenet_top1: float
    intended_use: str
    license: str
    out_of_scope_use: str
    training_data: str
    url: str
    def __init__(self, license: _Optional[str] = ..., training_data: _Optional[str] = ..., imagenet_top1: _Optional[float] = ..., intended_use: _Optional[str] = ..., out_of_scope_use: _Optional[str] = ..., url: _Optional[str] = ...) -> None: ...

class ModelRef(_message.Message):
    __slots__ = ["name", "revision"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    name: str
    revision: str
    def __init__(self, name: _Optional[str] = ..., revision: _Optional[str] = ...) -> None: ...

class Prediction(_message.Message):
    __slots__ = ["cosine", "index", "label", "probability"]
    COSINE_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    cosine: float
    index: int
    label: str
    probability: float
    def __init__(self, label: _Optional[str] = ..., index: _Optional[int] = ..., probability: _Optional[float] = ..., cosine: _Optional[float] = ...) -> None: ...

class RankOptions(_message.Message):
    __slots__ = ["image", "long_text", "priority"]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    LONG_TEXT_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    image: ImageOptions
    long_text: LongText
    priority: Priority
    def __init__(self, long_text: _Optional[_Union[LongText, str]] = ..., image: _Optional[_Union[ImageOptions, _Mapping]] = ..., priority: _Optional[_Union[Priority, str]] = ...) -> None: ...

class RankRequest(_message.Message):
    __slots__ = ["candidates", "model", "options", "query", "top_k"]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    candidates: _containers.RepeatedCompositeFieldContainer[Input]
    model: str
    options: RankOptions
    query: Input
    top_k: int
    def __init__(self, model: _Optional[str] = ..., query: _Optional[_Union[Input, _Mapping]] = ..., candidates: _Optional[_Iterable[_Union[Input, _Mapping]]] = ..., top_k: _Optional[int] = ..., options: _Optional[_Union[RankOptions, _Mapping]] = ...) -> None: ...

class RankResponse(_message.Message):
    __slots__ = ["errors", "model", "ranked", "timings"]
    ERRORS_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    RANKED_FIELD_NUMBER: _ClassVar[int]
    TIMINGS_FIELD_NUMBER: _ClassVar[int]
    errors: _containers.RepeatedCompositeFieldContainer[CandidateError]
    model: ModelRef
    ranked: _containers.RepeatedCompositeFieldContainer[RankedCandidate]
    timings: Timings
    def __init__(self, model: _Optional[_Union[ModelRef, _Mapping]] = ..., ranked: _Optional[_Iterable[_Union[RankedCandidate, _Mapping]]] = ..., errors: _Optional[_Iterable[_Union[CandidateError, _Mapping]]] = ..., timings: _Optional[_Union[Timings, _Mapping]] = ...) -> None: ...

class RankedCandidate(_message.Message):
    __slots__ = ["cosine", "index", "probability"]
    COSINE_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    cosine: float
    index: int
    probability: float
    def __init__(self, index: _Optional[int] = ..., cosine: _Optional[float] = ..., probability: _Optional[float] = ...) -> None: ...

class RawImage(_message.Message):
    __slots__ = ["color_matrix", "color_range", "data", "format", "height", "rotation_degrees", "stride", "width"]
    COLOR_MATRIX_FIELD_NUMBER: _ClassVar[int]
    COLOR_RANGE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    ROTATION_DEGREES_FIELD_NUMBER: _ClassVar[int]
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    color_matrix: ColorMatrix
    color_range: ColorRange
    data: bytes
    format: PixelFormat
    height: int
    rotation_degrees: int
    stride: int
    width: int
    def __init__(self, width: _Optional[int] = ..., height: _Optional[int] = ..., stride: _Optional[int] = ..., format: _Optional[_Union[PixelFormat, str]] = ..., color_matrix: _Optional[_Union[ColorMatrix, str]] = ..., data: _Optional[bytes] = ..., color_range: _Optional[_Union[ColorRange, str]] = ..., rotation_degrees: _Optional[int] = ...) -> None: ...

class Region(_message.Message):
    __slots__ = ["height", "id", "left", "top", "width"]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    LEFT_FIELD_NUMBER: _ClassVar[int]
    TOP_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    height: float
    id: str
    left: float
    top: float
    width: float
    def __init__(self, id: _Optional[str] = ..., left: _Optional[float] = ..., top: _Optional[float] = ..., width: _Optional[float] = ..., height: _Optional[float] = ...) -> None: ...

class RegionResult(_message.Message):
    __slots__ = ["embedding", "id", "predictions", "scene_change", "scores", "skipped"]
    EMBEDDING_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    PREDICTIONS_FIELD_NUMBER: _ClassVar[int]
    SCENE_CHANGE_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    SKIPPED_FIELD_NUMBER: _ClassVar[int]
    embedding: Embedding
    id: str
    predictions: _containers.RepeatedCompositeFieldContainer[Prediction]
    scene_change: bool
    scores: _containers.RepeatedScalarFieldContainer[float]
    skipped: bool
    def __init__(self, id: _Optional[str] = ..., predictions: _Optional[_Iterable[_Union[Prediction, _Mapping]]] = ..., scores: _Optional[_Iterable[float]] = ..., skipped: bool = ..., scene_change: bool = ..., embedding: _Optional[_Union[Embedding, _Mapping]] = ...) -> None: ...

class Segment(_message.Message):
    __slots__ = ["end_us", "ended", "index", "label", "mean", "peak", "region_id", "start_us"]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    END_US_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    PEAK_FIELD_NUMBER: _ClassVar[int]
    REGION_ID_FIELD_NUMBER: _ClassVar[int]
    START_US_FIELD_NUMBER: _ClassVar[int]
    end_us: int
    ended: bool
    index: int
    label: str
    mean: float
    peak: float
    region_id: str
    start_us: int
    def __init__(self, label: _Optional[str] = ..., index: _Optional[int] = ..., region_id: _Optional[str] = ..., start_us: _Optional[int] = ..., end_us: _Optional[int] = ..., peak: _Optional[float] = ..., mean: _Optional[float] = ..., ended: bool = ...) -> None: ...

class SourceCounters(_message.Message):
    __slots__ = ["classified", "dropped_max_age", "dropped_max_fps", "dropped_newer_frame", "failed", "skipped"]
    CLASSIFIED_FIELD_NUMBER: _ClassVar[int]
    DROPPED_MAX_AGE_FIELD_NUMBER: _ClassVar[int]
    DROPPED_MAX_FPS_FIELD_NUMBER: _ClassVar[int]
    DROPPED_NEWER_FRAME_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    SKIPPED_FIELD_NUMBER: _ClassVar[int]
    classified: int
    dropped_max_age: int
    dropped_max_fps: int
    dropped_newer_frame: int
    failed: int
    skipped: int
    def __init__(self, classified: _Optional[int] = ..., skipped: _Optional[int] = ..., failed: _Optional[int] = ..., dropped_newer_frame: _Optional[int] = ..., dropped_max_fps: _Optional[int] = ..., dropped_max_age: _Optional[int] = ...) -> None: ...

class Timings(_message.Message):
    __slots__ = ["batch_size", "inference_us", "preprocess_us", "queue_us", "total_us"]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    INFERENCE_US_FIELD_NUMBER: _ClassVar[int]
    PREPROCESS_US_FIELD_NUMBER: _ClassVar[int]
    QUEUE_US_FIELD_NUMBER: _ClassVar[int]
    TOTAL_US_FIELD_NUMBER: _ClassVar[int]
    batch_size: int
    inference_us: int
    preprocess_us: int
    queue_us: int
    total_us: int
    def __init__(self, queue_us: _Optional[int] = ..., preprocess_us: _Optional[int] = ..., inference_us: _Optional[int] = ..., total_us: _Optional[int] = ..., batch_size: _Optional[int] = ...) -> None: ...

class Tower(_message.Message):
    __slots__ = ["heads", "layers", "width"]
    HEADS_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    heads: int
    layers: int
    width: int
    def __init__(self, layers: _Optional[int] = ..., width: _Optional[int] = ..., heads: _Optional[int] = ...) -> None: ...

class UnloadModelRequest(_message.Message):
    __slots__ = ["name"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class UnloadModelResponse(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class PixelFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class ColorMatrix(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class ColorRange(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class AlphaMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class Priority(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class ErrorReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class EmbeddingEncoding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class LongText(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class Ordering(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class Emit(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class DropPolicy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class DropReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class ResizeMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class ResizeFilter(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class CropRounding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class ModelState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
