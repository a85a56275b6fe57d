# The program in a container of its own:
#
#   docker build -t mayfly .
#   docker run -p 3000:3000 -e MAYFLY_TOKEN="$(openssl rand -hex 24)" -v mayfly:/data mayfly
#
# In a container it listens on all addresses, and so refuses to start without MAYFLY_TOKEN.

FROM node:22-bookworm AS build
WORKDIR /app
# better-sqlite3 is compiled where there is no prebuilt binary; this image has the compilers.
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build && npm prune --omit=dev

FROM node:22-bookworm-slim
ENV NODE_ENV=production \
    MAYFLY_HOST=0.0.0.0 \
    MAYFLY_PORT=3000 \
    MAYFLY_DIRECTORY_ROOT=/data/files \
    MAYFLY_EXPIRATIONS_PATH=/data/expirations.db
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
COPY config config
COPY public public
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.MAYFLY_PORT + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Node itself, not npm: signals must reach the program for it to stop gracefully. The grace is 10 s, docker stop's as well.
STOPSIGNAL SIGTERM
CMD ["node", "--max-semi-space-size=4", "dist/server/main.js"]
