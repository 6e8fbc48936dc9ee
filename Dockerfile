# Builds a small container image with the server:
#   docker build -t mien .
#   docker run --rm -p 8080:8080 mien
# Photos, without a server:
#   docker run --rm -v "$PWD:/photos:ro" -w /photos mien predict me.jpg
FROM debian:12-slim AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
WORKDIR /mien
COPY scripts/setup.sh scripts/
RUN scripts/setup.sh runtime
COPY . .
RUN cmake -G Ninja -S . -B build -DMIEN_RUNTIME=ON -DCMAKE_INSTALL_PREFIX=/usr/local \
 && cmake --build build --target mien \
 && DESTDIR=/image cmake --install build --component runtime --strip

FROM debian:12-slim
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends libdnnl2 libjpeg62-turbo libpng16-16 libtiff6 libwebp7 \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /image /
USER 65532:65532
EXPOSE 8080
# Bash can send this HTTP request; curl would add twenty libraries.
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /healthz HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && grep -q '^HTTP/1.1 200' <&3"]
ENTRYPOINT ["mien"]
CMD ["serve", "--host", "0.0.0.0"]
