# shellcheck shell=bash
#
# Builds the image from docker/Dockerfile as it is and tries it. For ./dev,
# which lends it `step`. Runs as root.
#
# Where no engine runs, one is started that lives as long as the test, and where
# no registry can be reached the base image is made here, under its own name.

docker_base=debian:bookworm-slim
docker_image=thespian-gateway
docker_python_image=thespian-gateway-python-child
docker_max_mb=150
docker_patience_s=60
docker_client_options=() # of thespianctl

docker_steps() {
  docker_dir=$(mktemp -d)
  docker_containers=()
  trap docker_clean_up EXIT
  step "docker engine" docker_engine
  finish
  step "docker base image" docker_base_image
  finish
  step "docker build" docker_build
  finish
  local try
  for try in image refuses serves tls hardened unhealthy stops orphans limits socket \
    python compose; do
    step "docker: $try" "docker_try_$try"
  done
  finish
}

docker_clean_up() {
  docker_compose down -t 0 >/dev/null 2>&1 || true
  ((${#docker_containers[@]} == 0)) ||
    docker rm -f "${docker_containers[@]}" >/dev/null 2>&1 || true
  if [[ -r $docker_dir/pid ]]; then
    kill "$(<"$docker_dir/pid")" || true
    tail --pid="$(<"$docker_dir/pid")" -f /dev/null || true
    # The engine leaves these.
    grep -oE " $docker_dir/[^ ]+" /proc/self/mounts | xargs -r umount || true
  fi
  rm -rf --one-file-system "$docker_dir"
}

# ---------------------------------------------------------------- engine

docker_engine() {
  docker info >/dev/null 2>&1 && return
  export DOCKER_HOST=unix://$docker_dir/sock
  dockerd --storage-driver=vfs --data-root "$docker_dir/data" \
    --exec-root "$docker_dir/exec" --pidfile "$docker_dir/pid" \
    -H "$DOCKER_HOST" >"$docker_dir/log" 2>&1 &
  docker_await docker info || {
    tail -n 20 "$docker_dir/log" >&2
    return 1
  }
}

# docker_await COMMAND...: until it succeeds, within docker_patience_s.
docker_await() {
  local deadline=$((SECONDS + docker_patience_s))
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || {
      echo "waited in vain for: $*" >&2
      return 1
    }
    sleep 0.2
  done
}

docker_base_image() {
  docker image inspect "$docker_base" >/dev/null 2>&1 && return
  timeout 60 docker pull -q "$docker_base" >/dev/null 2>&1 && return
  make_debian "$docker_dir/base" && slim_debian "$docker_dir/base" &&
    tar -C "$docker_dir/base" --one-file-system -c . |
    docker import - "$docker_base" >/dev/null &&
    rm -rf --one-file-system "$docker_dir/base"
}

docker_build() {
  docker build --network host -q -f docker/Dockerfile -t "$docker_image" .
}

# ----------------------------------------------------------------- tries

# docker_run NAME OPTION...: starts a container with a port of the system's
# choice; its id goes to docker_id, its address to docker_address.
docker_run() {
  docker_start -e THESPIAN_GATEWAY_INSECURE=true "$@"
}
# The same for one that is not plain.
docker_start() {
  docker_client_options=()
  docker_id=$(docker run -d -p 127.0.0.1::50051 "$@") || return 1
  docker_containers+=("$docker_id")
  docker_address=$(docker port "$docker_id" 50051/tcp)
}

docker_health_is() {
  [[ $(docker inspect -f '{{.State.Health.Status}}' "$docker_id") == "$1" ]]
}

docker_serves() { docker_await docker_echoes && docker_echoes; }
docker_echoes() {
  [[ $(build/bin/thespianctl --address "$docker_address" \
    "${docker_client_options[@]}" call echo '["hi"]' \
    2>&1) == *'["hi"]'* ]]
}

docker_expect() {
  [[ $2 == "$3" ]] || {
    echo "$1: '$2', expected '$3'" >&2
    return 1
  }
}

docker_pids() { docker top "$docker_id" -eo pid,args | awk 'NR > 1'; }
docker_child_pid() { docker_pids | awk -v c="$1" '$2 ~ c { print $1; exit }'; }

docker_try_image() {
  local mb
  mb=$(($(docker image inspect -f '{{.Size}}' "$docker_image") / 1000000))
  echo "the image has $mb MB; in /usr/local/bin:"
  docker run --rm --entrypoint ls "$docker_image" -l /usr/local/bin
  docker_expect user \
    "$(docker image inspect -f '{{.Config.User}}' "$docker_image")" 65532:65532
  ! docker run --rm --entrypoint sh "$docker_image" -c 'command -v gcc cmake' ||
    return 1
  ((mb < docker_max_mb))
}

docker_try_serves() {
  docker_run "$docker_image" && docker_serves &&
    docker_await docker_health_is healthy
}

# Off the loopback, without TLS, and without a word that this is meant.
docker_try_refuses() {
  local code=0
  docker run --rm "$docker_image" || code=$?
  docker_expect "exit code" "$code" 78
}

docker_try_tls() {
  local tls=$docker_dir/tls
  mkdir "$tls" && openssl req -x509 -newkey ec -nodes -days 2 \
    -pkeyopt ec_paramgen_curve:P-256 -subj /CN=localhost \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$tls/tls.key" \
    -out "$tls/tls.crt" 2>/dev/null && chmod 644 "$tls/tls.key" || return 1
  docker_start -v "$tls:/etc/gateway/tls:ro" \
    -e THESPIAN_GATEWAY_TLS_CERT=/etc/gateway/tls/tls.crt \
    -e THESPIAN_GATEWAY_TLS_KEY=/etc/gateway/tls/tls.key "$docker_image" &&
    docker_await docker_health_is healthy || return 1
  ! docker_echoes || return 1
  docker_client_options=(--tls --ca "$tls/tls.crt")
  docker_serves
}

docker_try_hardened() {
  docker_run --read-only --cap-drop ALL --security-opt no-new-privileges \
    "$docker_image" && docker_serves
}

docker_try_unhealthy() {
  docker_run -e THESPIAN_GATEWAY_RESTART=never "$docker_image" &&
    docker_serves && docker_await docker_health_is healthy || return 1
  kill -KILL "$(docker_child_pid '^thespian-demo-child')"
  docker_await docker_health_is unhealthy
}

docker_try_stops() {
  local started=$SECONDS
  docker_run "$docker_image" && docker_serves || return 1
  docker stop -t 20 "$docker_id" >/dev/null
  docker_expect "exit code" \
    "$(docker inspect -f '{{.State.ExitCode}}' "$docker_id")" 0 || return 1
  docker logs "$docker_id" 2>&1 | grep -oE 'ending: [a-z ]+|ended$' |
    tee "$docker_dir/order"
  docker_expect "order" "$(tr '\n' ';' <"$docker_dir/order")" \
    'ending: signal ;ending: telling the attached clients;ending: stopping the child;ending: telling the watchers;ended;'
  ((SECONDS - started < 20))
}

# The child's shell leaves a process that ends later.
docker_try_orphans() {
  docker_run "$docker_image" -- sh -c \
    '(sleep 1 &) ; exec thespian-demo-child' && docker_serves || return 1
  docker_await docker_has_no_sleep
}
docker_has_no_sleep() { ! docker top "$docker_id" -eo comm | grep -q sleep; }

docker_try_limits() {
  local pid
  docker_run --memory 256m --ulimit nofile=4096:4096 \
    -e THESPIAN_GATEWAY_CHILD_MEMORY=100MB \
    -e THESPIAN_GATEWAY_CHILD_OPEN_FILES=99 "$docker_image" &&
    docker_serves || return 1
  pid=$(docker_child_pid '^thespian-demo-child')
  docker_expect "memory of the child" "$(docker_limit "$pid" 'Max address space')" \
    104857600 &&
    docker_expect "files of the child" "$(docker_limit "$pid" 'Max open files')" \
      99 &&
    docker_expect "files of the gateway" \
      "$(docker_limit "$(docker_child_pid thespian-gateway)" 'Max open files')" \
      4096 && docker_try_too_much
}
# A child that wants more memory than it may have.
docker_try_too_much() {
  docker_run -e THESPIAN_GATEWAY_CHILD_MEMORY=100MB \
    -e THESPIAN_GATEWAY_RESTART=never "$docker_image" -- tail /dev/zero &&
    docker_await docker_logged "memory exhausted" &&
    docker_await docker_health_is unhealthy
}
docker_logged() { docker logs "$docker_id" 2>&1 | grep -q "$1"; }
docker_limit() {
  sed -n "s/^$2 *\([0-9]*\) .*/\1/p" "/proc/$1/limits"
}

docker_try_socket() {
  mkdir -m 777 "$docker_dir/run"
  docker_run -v "$docker_dir/run:/run/thespian" \
    -e THESPIAN_GATEWAY_LISTEN=unix:/run/thespian/sock "$docker_image" ||
    return 1
  docker_address=unix:$docker_dir/run/sock
  docker_serves
}

docker_try_python() {
  docker build --network host -q -f docker/python-child/Dockerfile \
    -t "$docker_python_image" . && docker_run "$docker_python_image" &&
    docker_serves
}

# Both services, from the images that are there by now, on free ports.
docker_try_compose() {
  local service
  docker_compose up -d --no-build >/dev/null || return 1
  for service in gateway python; do
    docker_address=$(docker_compose port "$service" 50051) &&
      docker_serves || return 1
  done
  docker_compose down -t 20 >/dev/null
}
docker_compose() {
  local project=${docker_dir##*.}
  GATEWAY_PORT=0 PYTHON_PORT=0 docker-compose --log-level ERROR \
    -p "${project,,}" -f docker/compose.yaml "$@"
}
