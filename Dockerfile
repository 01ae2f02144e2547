# Packages are installed from the hash-pinned lock in a stage of their own; the app runs from source.
FROM python:3.12-slim AS packages
COPY requirements.lock .
RUN python -m venv /opt/stoq \
 && /opt/stoq/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin stoq \
 && install --directory --owner stoq /data
COPY --from=packages /opt/stoq /opt/stoq
WORKDIR /app
COPY manifest.json LICENSE ./
COPY graphql graphql
COPY saleor_stoq_app saleor_stoq_app
ENV PATH=/opt/stoq/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    STOQ_DATA_DIR=/data
RUN python -m compileall -q saleor_stoq_app
USER stoq
VOLUME /data
EXPOSE 8800
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8800/health', timeout=2)"]
ENTRYPOINT ["python", "-m", "saleor_stoq_app"]
CMD ["serve", "--host", "0.0.0.0"]
