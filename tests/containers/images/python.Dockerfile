# Stands for python:3.13-slim-trixie, which no registry gives here.
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-venv && rm -rf /var/lib/apt/lists/* \
    && ln -s python3 /usr/bin/python
# Where the machine trusts a certificate authority of its own, builds have to as well.
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
RUN printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n' >/etc/pip.conf
