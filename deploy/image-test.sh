#!/usr/bin/env bash
# Builds the images, starts compose.yaml and tests it. Run by `make image-test`. Needs docker with compose, and the SDK for the client outside. Uses
# DOCKER_HOST. BUILD_FLAGS are passed to `docker build` (for example --network=host). IMAGE_TEST_PORT is the port on this machine, and Brain uses the
# next one. NODE_IMAGE replaces the Node image of both builds.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly docker=${DOCKER:-docker}
readonly port=${IMAGE_TEST_PORT:-15221}
readonly deadline=60 # seconds, for each wait
export COMPOSE_PROJECT_NAME=cecelia-image-test
export CECELIA_WS_PORT=$port
export BRAIN_PORT=$((port + 1))
export BRAIN_DEMO_SECONDS=0

work=$(mktemp -d)
watcher=
trap finish EXIT

main() {
  find_compose
  step "build the client" dotnet build Relay -c Release -p:BuildFrontend=false
  step "build the image" "$docker" build ${BUILD_FLAGS:-} ${NODE_IMAGE:+--build-arg "NODE_IMAGE=$NODE_IMAGE"} -f deploy/Dockerfile -t cecelia/relay .
  step "build Brain's image" "$docker" build ${BUILD_FLAGS:-} ${NODE_IMAGE:+--build-arg "NODE_IMAGE=$NODE_IMAGE"} -t cecelia/brain deploy/brain
  step "compose up, with three relays" compose up -d --no-build --scale relay=3 redis relay balancer
  step "redis is healthy" await is_healthy redis
  step "three relays are healthy" await three_relays
  step "relay does not run as root" not_root
  step "/ serves the front end and its script" page_is_served
  step "an event published in the redis container is delivered outside" event_arrives
  step "an event is delivered while two of three relays are stopped, and after" with_one_relay
  step "a relay without Redis stays alive, and is not ready" without_redis
  step "it recovers when Redis is back" heals
  step "the demo profile publishes" demo_publishes
  step "Brain is healthy, and does not run as root" brain_is_well
  step "a task posted to Brain is delivered by the relay" brain_publishes
  step "SIGTERM ends Brain, and its task, with exit code 0" brain_ends_well
  step "SIGTERM ends the relay with exit code 0" ends_well
  echo "The image and compose.yaml work."
}

find_compose() {
  if "$docker" compose version >/dev/null 2>&1; then
    compose() { "$docker" compose "$@"; }
  elif command -v docker-compose >/dev/null; then
    compose() { docker-compose "$@"; }
  else
    echo "docker with compose is missing: https://docs.docker.com/compose/install"
    exit 1
  fi
}

step() {
  local name=$1 start=$SECONDS
  shift
  if "$@" >"$work/log" 2>&1 </dev/null; then
    printf '%-70s %4d s\n' "$name" "$((SECONDS - start))"
  else
    echo "FAILED: $name"
    tail -n 40 "$work/log"
    echo "-- containers"
    compose ps || true
    compose logs --no-color --tail=40 || true
    exit 1
  fi
}

finish() {
  local code=$?
  [[ -z $watcher ]] || kill "$watcher" || true
  compose --profile demo --profile brain down -v -t 5 || true
  rm -rf "$work"
  exit "$code"
} >/dev/null 2>&1

# await COMMAND…: repeats the command until it succeeds.
await() {
  local end=$((SECONDS + deadline))
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.2
  done
}

containers() { compose ps -q "$1"; }
container() { containers "$1" | head -n 1; }
inspect() { "$docker" inspect -f "$1" "${@:2}"; }
is_healthy() { [[ $(inspect '{{.State.Health.Status}}' $(containers "$1") | sort -u) == healthy ]]; }
three_relays() { [[ $(containers relay | wc -l) == 3 ]] && is_healthy relay; }
relay() { compose exec -T relay /app/Relay "$@"; }
not_root() { [[ $(compose exec -T relay id -u) != 0 ]]; }

# fetch PATH: prints the response, with headers. Uses the published port, and no tool that may be missing on this machine.
fetch() {
  exec 3<>"/dev/tcp/127.0.0.1/$port"
  printf 'GET %s HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n' "$1" >&3
  cat <&3
  exec 3>&-
}

# The fallback page, which is served if the build had no front end, does not have this element.
page_is_served() {
  fetch / >"$work/page"
  grep -q '^HTTP/1.1 200' "$work/page"
  grep -qi '^content-security-policy: ' "$work/page"
  grep -q '<div id="root">' "$work/page"
  local script
  script=$(sed -nE 's/.*<script [^>]*src="\.\/(assets\/[^"]+)".*/\1/p' "$work/page")
  [[ -n $script ]]
  fetch "/$script" >"$work/script"
  grep -aq '^HTTP/1.1 200' "$work/script"
  grep -aqi '^content-type: text/javascript' "$work/script"
}

# watch_outside [FILTER]: starts a client on this machine, outside the containers, through the published port. It exits after one event.
watch_outside() {
  dotnet Relay/bin/Release/net10.0/Relay.dll watch "ws://127.0.0.1:$port/ws${1:-}" --once 1 --json >"$work/event" &
  watcher=$!
}

watcher_has_ended() { ! kill -0 "$watcher" 2>/dev/null; }

watched_well() {
  wait "$watcher"
  watcher=
  cat "$work/event"
  [[ $(wc -l <"$work/event") == 1 ]]
}

# Publishes until the client, which needs a moment to connect, has received an event.
publish_until_watched() {
  publish
  watcher_has_ended
}

publish() {
  compose exec -T redis redis-cli publish cecelia:events '{"event":"task:created","data":{"taskId":"image-test","status":"queued"}}'
}

event_arrives() {
  watch_outside
  await publish_until_watched
  watched_well
  grep -q '"taskId":"image-test"' "$work/event"
}

with_one_relay() {
  local all=()
  mapfile -t all < <(containers relay)
  "$docker" stop -t 15 "${all[1]}" "${all[2]}"
  event_arrives
  "$docker" start "${all[1]}" "${all[2]}"
  await is_healthy relay
  event_arrives
}

without_redis() {
  compose stop -t 5 redis
  await not_ready
  relay health
}

ready() { relay health "http://127.0.0.1:5221/readyz"; }
not_ready() { ! ready; }

heals() {
  compose start redis
  await ready
  event_arrives
}

demo_publishes() {
  compose --profile demo up -d --no-build demo
  watch_outside
  await watcher_has_ended
  watched_well
  compose --profile demo stop -t 5 demo
}

brain_is_well() {
  compose --profile brain up -d --no-build brain
  await is_healthy brain
  [[ $(compose exec -T brain id -u) != 0 ]]
}

brain_publishes() {
  watch_outside '?events=task:created'
  await post_until_watched
  watched_well
  grep -q '"title":"image-test"' "$work/event"
}

post_until_watched() {
  post_task | grep '^HTTP/1.1 201'
  watcher_has_ended
}

# Uses the published port, and no tool that may be missing on this machine. The task runs until Brain stops.
post_task() {
  local task='{"program":"conversation","title":"image-test","input":{"ask":true}}'
  exec 3<>"/dev/tcp/127.0.0.1/$BRAIN_PORT"
  printf 'POST /tasks HTTP/1.1\r\nHost: brain\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' ${#task} "$task" >&3
  cat <&3
  exec 3>&-
}

brain_ends_well() {
  local id
  id=$(container brain)
  compose --profile brain stop brain
  [[ $(inspect '{{.State.ExitCode}}' "$id") == 0 ]]
}

ends_well() {
  local ids=()
  mapfile -t ids < <(containers relay)
  compose stop relay
  [[ $(inspect '{{.State.ExitCode}}' "${ids[@]}" | sort -u) == 0 ]]
}

main
