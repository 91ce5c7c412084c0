#!/usr/bin/env bash
# Makes a certificate for "localhost" that nobody else trusts, to try the edge.
#
#   docker/edge/self-signed.sh DIRECTORY
set -euo pipefail

(($# == 1)) || {
  echo "usage: self-signed.sh DIRECTORY" >&2
  exit 64
}
mkdir -p "$1"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
  -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
  -keyout "$1/tls.key" -out "$1/tls.crt" 2>/dev/null
# Envoy's user in the container is another one.
chmod 644 "$1/tls.key" "$1/tls.crt"
