# Stands for redis:8.0-bookworm.
FROM debian:trixie-slim
RUN groupadd --gid 999 redis && useradd --uid 999 --gid 999 redis \
    && apt-get update && apt-get install -y --no-install-recommends redis-server redis-sentinel redis-tools && rm -rf /var/lib/apt/lists/* \
    && install -d -o redis -g redis /data
WORKDIR /data
VOLUME /data
CMD ["redis-server"]
