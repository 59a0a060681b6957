# docker build --tag wsserver .
#
# PyPI's torch for Linux brings CUDA along, so this runs on a GPU (docker run --gpus all) and without
# one.  For an image of a third the size that runs on processors alone, point pip at PyTorch's own
# index of such builds: --build-arg PIP_OPTIONS="--extra-index-url <that index>".
FROM python:3.11-slim-bookworm AS build
WORKDIR /source
RUN python -m venv /opt/wsserver
ENV PATH=/opt/wsserver/bin:$PATH
ARG PIP_OPTIONS=""
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY wsserver wsserver
COPY webclient webclient
# The options are several words, or none.
# hadolint ignore=SC2086
RUN pip install --no-cache-dir --constraint constraints.txt ${PIP_OPTIONS} .

FROM python:3.11-slim-bookworm
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
HEALTHCHECK --interval=30s --timeout=5s --start-period=10m \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://localhost:8765/readyz')"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["wsserver"]
CMD ["serve"]
