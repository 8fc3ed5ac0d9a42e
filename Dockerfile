# The whole Debian image: better-sqlite3 is compiled where no ready-made binary can be had.
FROM node:24-bookworm AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json nest-cli.json ./
COPY src src
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

# The same Debian release as above, so that what was compiled there runs here.
FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=3000 \
    MALLOC_ARENA_MAX=2 \
    GATEWAY_DATABASE_URL=file:/data/gateway.db
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY openapi/gateway.json openapi/compat.json openapi/
# What the simulated cloud, which is the demo mode's too, checks requests against.
COPY openapi/hss.yaml openapi/
# The program belongs to root and cannot be changed by the process that runs it; only the audit database's folder can.
RUN ln -s /app/dist/gateway/hss-gateway.js /usr/local/bin/hss-gateway && install -d -o node -g node -m 0700 /data
VOLUME /data
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "--max-semi-space-size=32", "dist/gateway/main.js"]
