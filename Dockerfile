# One image for the gateway and for the demo's services; the command says which.
FROM node:24-slim AS pages
WORKDIR /pages
COPY bffs/facades/pages/bundle ./
# Each package is compared with its hash, and none of their scripts runs.
RUN npm ci --ignore-scripts --no-audit --no-fund \
 && node build.mjs built

FROM python:3.13-slim AS build
WORKDIR /app
COPY pyproject.toml requirements-image.txt README.md LICENSE ./
COPY weir weir
COPY gateway gateway
COPY schema schema
COPY resolvers resolvers
COPY bffs bffs
COPY scripts/page_assets.py scripts/
COPY --from=pages /pages/built build/pages/built
# Each file is compared with its hash. setuptools builds Weir, and is not in the image.
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements-image.txt \
 && /venv/bin/python scripts/page_assets.py --built build/pages/built \
 && /venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation '.[geo,otel,regex,sentry,validation,xml]' \
 && /venv/bin/pip uninstall --yes setuptools

FROM python:3.13-slim
RUN useradd --system --no-create-home weir
COPY --from=build /venv /venv
WORKDIR /app
COPY examples examples
USER weir
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
EXPOSE 4000
HEALTHCHECK --interval=5s --timeout=2s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:4001/ready', timeout=1)"]
ENTRYPOINT ["weir"]
CMD ["serve", "--config", "/etc/weir/weir.yaml"]
