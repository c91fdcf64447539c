# retool-bridge as an image without shell or package manager, run by a user that owns nothing but /data.
#
#   docker build -t retool-bridge .
#   docker run --rm --read-only --tmpfs /tmp -v bridge-data:/data -v "$PWD/bridge.yaml:/data/bridge.yaml:ro" \
#     retool-bridge plan
#
# The working directory is /data: bridge.yaml is looked for there, and the state and the reports it names by
# relative paths are written there. The root file system can be read-only; /tmp only speeds up the start.

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund
# Made here, since the final stage cannot run commands; a new volume takes its owner over.
RUN mkdir /data

FROM gcr.io/distroless/nodejs24-debian12:nonroot
COPY --from=build /app/package.json /app/package.json
COPY --from=build /app/node_modules /app/node_modules
COPY --from=build /app/dist /app/dist
COPY --from=build --chown=65532:65532 /data /data
ENV NODE_ENV=production \
    NODE_COMPILE_CACHE=/tmp/node-compile-cache \
    MALLOC_ARENA_MAX=2
WORKDIR /data
VOLUME /data
USER 65532:65532
# No HEALTHCHECK: most commands run once and end, and their exit code is the answer. For `serve`, ask /healthz from
# outside, as orchestrators do; a check inside the image would start a second Node every few seconds.
ENTRYPOINT ["/nodejs/bin/node", "--disable-warning=DEP0040", "--disable-warning=ExperimentalWarning", "--disable-sigusr1", "--optimize-for-size", "--max-semi-space-size=1", "--initial-old-space-size=56", "/app/dist/cli/main.js"]
CMD ["--help"]
