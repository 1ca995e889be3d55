# Analyzer and sidecar in one image; which of them runs is the command's first word:
#
#   docker build -t secondwind .
#   docker run -p 4317-4319:4317-4319 -v secondwind:/data \
#     -v "$PWD/token:/run/secrets/token:ro" secondwind \
#     analyzer --host 0.0.0.0 --auth-token-file /run/secrets/token --data-dir /data
#
# Nothing but /data is written to: run it with --read-only.
FROM node:24-bookworm-slim AS build
# What compiles the SQLite driver; the headers of this Node are in the image.
RUN apt-get update \
  && apt-get install -y --no-install-recommends python3 make g++ \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY . .
RUN node scripts/setup.mjs && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
ENV NODE_ENV=production SECONDWIND_DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY scripts/health-check.mjs ./scripts/
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 4100 4317 4318 4319
# Asks whichever of the two runs; a sidecar that drains is not ready and still alive.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["node", "scripts/health-check.mjs"]
# Exec form: SIGTERM reaches Node itself, which drains and commits. `docker stop` waits 10 s unless
# told otherwise; a drain may take 30.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "dist/cli/main.js"]
CMD ["--help"]
