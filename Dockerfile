# Two stages: the first builds a wheel and installs it with pinned dependencies, the second holds only what runs.
FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /opt/standpoint && /opt/standpoint/bin/pip install --no-cache-dir --upgrade pip
COPY constraints.txt pyproject.toml README.md LICENSE NOTICE ./
COPY app app
COPY migrations migrations
RUN /opt/standpoint/bin/pip install --no-cache-dir --constraint constraints.txt .

FROM python:3.11-slim
LABEL org.opencontainers.image.title="standpoint" org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --system --uid 10001 --home-dir /data standpoint && install -d -o standpoint -g standpoint /data
COPY --from=build /opt/standpoint /opt/standpoint
ENV PATH=/opt/standpoint/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    STANDPOINT_HOST=0.0.0.0 \
    STANDPOINT_PORT=8000 \
    STANDPOINT_DATABASE_URL=sqlite:////data/standpoint.db
USER standpoint
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"STANDPOINT_PORT\"]}/readyz', timeout=2)"]
CMD ["standpoint", "serve"]
