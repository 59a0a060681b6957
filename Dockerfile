# docker build --target cpu --tag wsserver .
# docker build --target cuda --tag wsserver:cuda .    (docker run --gpus all)
#
# PyPI's torch for Linux brings CUDA along, and both targets are made of it.  For a `cpu` of a third
# the size point pip at PyTorch's own index of builds for processors alone:
# --build-arg PIP_OPTIONS="--extra-index-url <that index>".
FROM python:3.11-slim-bookworm AS build
WORKDIR /source
RUN python -m venv /opt/wsserver
ENV PATH=/opt/wsserver/bin:$PATH
ARG PIP_OPTIONS=""
# Traces for those who have a collector, Redis for several servers; faster-whisper for its models, say
# EXTRAS=otel,redis,faster-whisper.
ARG EXTRAS=otel,redis
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY wsserver wsserver
COPY webclient webclient
# The options are several words, or none.
# hadolint ignore=SC2086
RUN pip install --no-cache-dir --constraint constraints.txt ${PIP_OPTIONS} ".[${EXTRAS}]"

FROM python:3.11-slim-bookworm AS server
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/wsserver wsserver
COPY --from=build /opt/wsserver /opt/wsserver
ENV PATH=/opt/wsserver/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    XDG_STATE_HOME=/var/lib/wsserver/state \
    XDG_CACHE_HOME=/var/lib/wsserver/cache \
    WSSERVER_SERVER__HOST=0.0.0.0
USER 10001
WORKDIR /var/lib/wsserver
# Whisper's weights, the key that cursors are sealed with, and what is kept.
VOLUME /var/lib/wsserver
EXPOSE 8765
# A first start may fetch a model.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10m \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://localhost:8765/readyz')"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["wsserver"]
CMD ["serve"]

# NVIDIA's container toolkit lets the card in; without one the server says so and does not start,
# where it would take a processor otherwise and be slow.
FROM server AS cuda
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    WSSERVER_ENGINE__DEVICE=cuda

FROM server AS cpu
ENV WSSERVER_ENGINE__DEVICE=cpu
