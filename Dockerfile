# The index server, with nothing but the network.
#
#   docker build -t peerdex-index .
#   docker run --rm --network host --read-only --cap-drop ALL peerdex-index
#
# An index registers the address that it sees a peer at. Behind the address
# translation of Docker's bridge it would see the bridge: use the host's network.

FROM denoland/deno:2.9.6 AS build
WORKDIR /app
COPY deno.json deno.lock ./
COPY links/ links/
COPY protocol/ protocol/
COPY cli/ cli/
COPY discovery/ discovery/
COPY web/ web/
COPY index/ index/
COPY index_server.ts ./
RUN deno cache --frozen index_server.ts

FROM denoland/deno:distroless-2.9.6
ENV DENO_NO_UPDATE_CHECK=1 \
    NO_COLOR=1
WORKDIR /app
COPY --from=build /deno-dir/ /deno-dir/
COPY --from=build /app/ /app/
USER 65532:65532
EXPOSE 60000/udp
ENTRYPOINT ["/tini", "--", "/bin/deno", "run", "--no-prompt", "--cached-only", "--allow-net", "--allow-sys=networkInterfaces", "--allow-env=PEERDEX_INDEX_*", "index_server.ts"]
