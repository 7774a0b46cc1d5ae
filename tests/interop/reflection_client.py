"""Calls a gRPC server knowing only what its reflection service tells.

No generated code: the message types of every service are built from the descriptors that the server hands out. Only
the reflection protocol itself (grpc.reflection.v1alpha) is written down here.
"""

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

REFLECTION_METHOD = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
MAX_MESSAGE_BYTES = 32 * 1024 * 1024
FIELD = descriptor_pb2.FieldDescriptorProto


def message_class(pool, full_name):
    """The message class of a type in a pool, with old and new releases of protobuf."""
    descriptor = pool.FindMessageTypeByName(full_name)
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(pool).GetPrototype(descriptor)


def reflection_pool():
    """A pool with the part of the reflection protocol that is used here."""
    file = descriptor_pb2.FileDescriptorProto(
        name="reflection_subset.proto", package="grpc.reflection.v1alpha", syntax="proto3"
    )

    def add_message(name, *fields):
        message = file.message_type.add(name=name)
        for number, field_name, field_type, repeated in fields:
            field = message.field.add(name=field_name, number=number)
            field.label = FIELD.LABEL_REPEATED if repeated else FIELD.LABEL_OPTIONAL
            if isinstance(field_type, str):
                field.type = FIELD.TYPE_MESSAGE
                field.type_name = f".{file.package}.{field_type}"
            else:
                field.type = field_type

    add_message(
        "ServerReflectionRequest",
        (4, "file_containing_symbol", FIELD.TYPE_STRING, False),
        (7, "list_services", FIELD.TYPE_STRING, False),
    )
    add_message("FileDescriptorResponse", (1, "file_descriptor_proto", FIELD.TYPE_BYTES, True))
    add_message("ServiceResponse", (1, "name", FIELD.TYPE_STRING, False))
    add_message("ListServiceResponse", (1, "service", "ServiceResponse", True))
    add_message(
        "ErrorResponse",
        (1, "error_code", FIELD.TYPE_INT32, False),
        (2, "error_message", FIELD.TYPE_STRING, False),
    )
    add_message(
        "ServerReflectionResponse",
        (4, "file_descriptor_response", "FileDescriptorResponse", False),
        (6, "list_services_response", "ListServiceResponse", False),
        (7, "error_response", "ErrorResponse", False),
    )

    # The empty string asks for the list, so the request's fields must be able to be set and empty: a oneof.
    request = file.message_type[0]
    request.oneof_decl.add(name="message_request")
    for field in request.field:
        field.oneof_index = 0

    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return pool


class ReflectionClient:
    """A channel with the services' types, all learnt from the server."""

    def __init__(self, address, timeout):
        limits = [
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
        ]
        self.channel = grpc.insecure_channel(address, options=limits)
        self.timeout = timeout
        self.pool = descriptor_pool.DescriptorPool()
        self.files = {}
        pool = reflection_pool()
        self.request_class = message_class(pool, "grpc.reflection.v1alpha.ServerReflectionRequest")
        self.response_class = message_class(pool, "grpc.reflection.v1alpha.ServerReflectionResponse")

    def close(self):
        self.channel.close()

    def ask(self, **request):
        """One question to the reflection service."""
        call = self.channel.stream_stream(
            REFLECTION_METHOD,
            request_serializer=self.request_class.SerializeToString,
            response_deserializer=self.response_class.FromString,
        )
        (response,) = list(call(iter([self.request_class(**request)]), timeout=self.timeout))
        if response.HasField("error_response"):
            raise RuntimeError(f"reflection of {request}: {response.error_response.error_message}")
        return response

    def list_services(self):
        response = self.ask(list_services="")
        return sorted(service.name for service in response.list_services_response.service)

    def learn(self, symbol):
        """Fetches the file that holds a symbol, and the files it needs."""
        response = self.ask(file_containing_symbol=symbol)
        for data in response.file_descriptor_response.file_descriptor_proto:
            file = descriptor_pb2.FileDescriptorProto.FromString(data)
            self.files.setdefault(file.name, file)
        for name in list(self.files):
            self.add_file(name)

    def add_file(self, name):
        """Adds a file to the pool after the files it imports."""
        try:
            self.pool.FindFileByName(name)
            return
        except KeyError:
            pass
        for dependency in self.files[name].dependency:
            self.add_file(dependency)
        self.pool.Add(self.files[name])

    def service(self, full_name):
        return self.pool.FindServiceByName(full_name)

    def message(self, full_name, **fields):
        """A new message of a learnt type."""
        return message_class(self.pool, full_name)(**fields)

    def call(self, service, method, request):
        """Calls a method. A stream of requests is given as an iterable; a stream of replies comes back as a list."""
        descriptor = self.service(service).methods_by_name[method]
        shape = self.shape(service, method)
        stub = getattr(self.channel, shape)(
            f"/{service}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=message_class(self.pool, descriptor.output_type.full_name).FromString,
        )
        if shape == "stream_stream":
            return list(stub(iter(request), timeout=self.timeout))
        return stub(request, timeout=self.timeout)

    def shape(self, service, method):
        """unary_unary or stream_stream, read from the file: old releases' descriptors do not tell."""
        file = self.files[self.service(service).file.name]
        name = service.rsplit(".", 1)[1]
        (methods,) = [s.method for s in file.service if s.name == name]
        (found,) = [m for m in methods if m.name == method]
        request = "stream" if found.client_streaming else "unary"
        reply = "stream" if found.server_streaming else "unary"
        return f"{request}_{reply}"
