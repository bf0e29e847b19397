# ganrt on a desktop's or a data centre's NVIDIA GPU; docs/containers.md says which base images to take, and how to build.
# No default: the base image is NVIDIA's "CUDA", a "base" one for Ubuntu 24.04, for CUDA 12 or 13 as the driver is.
ARG BASE_IMAGE
FROM ${BASE_IMAGE}

# gpu (drivers from r580 on) or gpu-cuda12 (older ones) bring CUDA's libraries for ONNX Runtime; rtx compiles and runs
# engines of TensorRT-RTX.
ARG EXTRAS=gpu,compile,rtx,bench
# Further packages: with a driver older than r580 "tensorrt-rtx-cu12 cuda-bindings<13" in place of extra rtx.
ARG PACKAGES=

# The base image decides which versions there are.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgl1 libglib2.0-0 python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*

COPY . /src
RUN python3 -m venv /opt/ganrt \
    && /opt/ganrt/bin/pip install --no-cache-dir -c /src/constraints.txt "/src[${EXTRAS}]" \
    && if [ -n "${PACKAGES}" ]; then printf '%s\n' ${PACKAGES} > /tmp/more.txt \
        && /opt/ganrt/bin/pip install --no-cache-dir -r /tmp/more.txt; fi \
    && /opt/ganrt/bin/ganrt generate --count 1 -o /tmp/out && rm -rf /tmp/out

ENV PATH=/opt/ganrt/bin:${PATH} GANRT_HOME=/work/.ganrt
RUN useradd --create-home --uid 10001 ganrt && mkdir /work && chown ganrt /work
USER 10001
WORKDIR /work
ENTRYPOINT ["ganrt"]
CMD ["doctor"]
