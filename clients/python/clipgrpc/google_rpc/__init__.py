"""google.rpc: the installed googleapis-common-protos, or else the copy here. A process can hold only one of them."""

try:
    from google.rpc import error_details_pb2, status_pb2
except ImportError:
    from . import error_details_pb2, status_pb2

__all__ = ["error_details_pb2", "status_pb2"]
