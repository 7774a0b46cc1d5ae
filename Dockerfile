# syntax=docker/dockerfile:1
#
# CPU:  docker build -t clipgrpc .
#       docker run --rm -p 50051:50051 -p 8080:8080 clipgrpc
# GPU:  docker build -t clipgrpc:gpu --build-arg FLAVOR=gpu .
#       docker run --rm --gpus all -p 50051:50051 -p 8080:8080 clipgrpc:gpu --device cuda
#
# With OpenVINO's plug-in execution provider (its version on PyPI; empty: without):
#       docker build -t clipgrpc --build-arg OPENVINO=1.8.1 .
#       docker run --rm -p 50051:50051 -p 8080:8080 clipgrpc --device openvino:cpu --precision bf16 --provider \
#           openvino=/opt/openvino/onnxruntime_ep_openvino/libonnxruntime_providers_openvino_plugin.so
#
# Arguments after the image name are passed to the server. Models are downloaded to the volume /cache.

# cpu or gpu: selects the runtime stage of the final image.
ARG FLAVOR=cpu
# Must match the versions that the Microsoft.ML.OnnxRuntime.Gpu package was built with: CUDA 13.0 and cuDNN 9.
ARG CUDA_IMAGE=nvidia/cuda:13.0.2-cudnn-runtime-ubuntu24.04

# Version of onnxruntime-ep-openvino on PyPI, for x64; empty: the image has no plug-in.
ARG OPENVINO=

FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:10.0-noble AS build-base
ARG TARGETARCH
WORKDIR /source
# Copy only the project and lock files first, so that the restore layer is rebuilt only when they change.
COPY global.json .editorconfig Directory.Build.props Directory.Packages.props BannedSymbols.txt ./
COPY protos/ClipGrpc.Protos.csproj protos/packages.*.lock.json protos/
COPY src/ClipImaging/ClipImaging.csproj src/ClipImaging/packages.*.lock.json src/ClipImaging/
COPY src/ClipModels/ClipModels.csproj src/ClipModels/packages.*.lock.json src/ClipModels/
COPY src/ClipServing/ClipServing.csproj src/ClipServing/packages.*.lock.json src/ClipServing/
COPY src/ClipServer/ClipServer.csproj src/ClipServer/packages.*.lock.json src/ClipServer/
COPY .config/ .config/
RUN dotnet tool restore

FROM build-base AS build-cpu
RUN dotnet restore src/ClipServer --locked-mode -a $TARGETARCH -p:OnnxRuntimeFlavor=Cpu
COPY protos/ protos/
COPY src/ src/
COPY models/demo/ models/demo/
COPY samples/ samples/
RUN dotnet publish src/ClipServer -c Release --no-restore -a $TARGETARCH --self-contained false \
        -p:OnnxRuntimeFlavor=Cpu -p:BillOfMaterials=true -o /app

# NVIDIA's image has no .NET runtime, so the publish is self-contained. The GPU package supports x64 only.
FROM build-base AS build-gpu
RUN dotnet restore src/ClipServer --locked-mode -r linux-x64 -p:SelfContained=true -p:OnnxRuntimeFlavor=Gpu
COPY protos/ protos/
COPY src/ src/
COPY models/demo/ models/demo/
COPY samples/ samples/
RUN dotnet publish src/ClipServer -c Release --no-restore -r linux-x64 --self-contained \
        -p:OnnxRuntimeFlavor=Gpu -p:BillOfMaterials=true -o /app

# A wheel is a zip file. An empty folder where no version is given.
FROM python:3.13-slim AS openvino
ARG OPENVINO
RUN mkdir /opt/openvino && if [ -n "$OPENVINO" ]; then \
        pip download --no-cache-dir --no-deps --only-binary :all: -d /tmp "onnxruntime-ep-openvino==$OPENVINO" \
        && python -m zipfile -e /tmp/onnxruntime_ep_openvino-*.whl /opt/openvino; \
    fi

FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble AS run-cpu
COPY --from=build-cpu /app /app
ENTRYPOINT ["dotnet", "/app/ClipServer.dll"]

FROM ${CUDA_IMAGE} AS run-gpu
# Required for downloads over TLS.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libssl3t64 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build-gpu /app /app
ENTRYPOINT ["/app/ClipServer"]

FROM run-${FLAVOR} AS final
COPY --from=openvino /opt/openvino /opt/openvino
LABEL org.opencontainers.image.title="ClipGrpc" \
      org.opencontainers.image.description="A gRPC server for CLIP embeddings and zero-shot classification" \
      org.opencontainers.image.licenses="MIT"

# An unprivileged user; 1654 is the UID of the app user in .NET images.
RUN mkdir /cache && chown 1654:1654 /cache
USER 1654:1654
VOLUME /cache
WORKDIR /app

# Listen on all addresses: loopback is not reachable from outside the container. Published ports control the access.
ENV Clip__Server__Host=0.0.0.0 \
    Clip__Server__GrpcPort=50051 \
    Clip__Server__HttpPort=8080 \
    ORT_DISABLE_TELEMETRY=1 \
    HOME=/cache \
    HF_HOME=/cache/huggingface \
    XDG_CACHE_HOME=/cache

EXPOSE 50051 8080
STOPSIGNAL SIGTERM

# Uses bash because the images have no curl. The start period covers the download of a large model.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10m --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${Clip__Server__HttpPort:-8080} && printf 'GET /readyz HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
