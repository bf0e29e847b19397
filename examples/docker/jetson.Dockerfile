# ganrt on a Jetson, JetPack 6 or 7; docs/containers.md says which base images to take, and how to build.
# No default: the base image must have CUDA and TensorRT of the JetPack that the board runs.
ARG BASE_IMAGE
FROM ${BASE_IMAGE}

ARG EXTRAS=cpu,compile,tensorrt,bench

# The base image decides which versions there are; TensorRT for Python is in some of them, and in the sources of others.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgl1 libglib2.0-0 python3 python3-venv \
    && (python3 -c "import tensorrt" || apt-get install -y --no-install-recommends python3-libnvinfer) \
    && rm -rf /var/lib/apt/lists/*

COPY . /src
RUN python3 -m venv --system-site-packages /opt/ganrt \
    && /opt/ganrt/bin/pip install --no-cache-dir -c /src/constraints.txt "/src[${EXTRAS}]" \
    && /opt/ganrt/bin/python -c "import tensorrt; print(tensorrt.__version__)" \
    && /opt/ganrt/bin/ganrt generate --count 1 -o /tmp/out && rm -rf /tmp/out

ENV PATH=/opt/ganrt/bin:${PATH} GANRT_HOME=/work/.ganrt
RUN useradd --create-home --uid 10001 --groups video ganrt && mkdir /work && chown ganrt /work
USER 10001
WORKDIR /work
ENTRYPOINT ["ganrt"]
CMD ["doctor"]
