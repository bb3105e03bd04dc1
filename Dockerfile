# gpumlp in a container: docker build -t gpumlp . ; docker run --rm -v "$PWD/runs:/data/runs" gpumlp sweep
# On a GPU: docker run --rm --gpus all ... (the NVIDIA container toolkit brings the driver's libraries in).
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY . .
RUN dotnet publish src/Runner -c Release -o /gpumlp -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false

FROM mcr.microsoft.com/dotnet/runtime:10.0
# What the NVIDIA container toolkit looks for: the driver alone, no CUDA toolkit is needed.
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
COPY --from=build /gpumlp /opt/gpumlp
RUN ln -s /opt/gpumlp/gpumlp /usr/local/bin/gpumlp
WORKDIR /data
ENTRYPOINT ["gpumlp"]
CMD ["--help"]
