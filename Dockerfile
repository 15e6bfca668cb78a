# The one image: operator and Vault are two programs of it (`operator/main.js`, `vault/main.js serve`).
#
# Its root file system is prepared first, by `make image`, and so is the same whichever builder copies it:
#   make image                                            # buildah or docker, whichever is there
#   docker build -t registry.example/runevault:0.1.0 -f Dockerfile build/image
FROM scratch
COPY rootfs/ /
ENV NODE_ENV=production
WORKDIR /app
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/node"]
