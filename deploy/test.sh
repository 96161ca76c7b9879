#!/usr/bin/env bash
# The project's one test command, behind `make test`. The last line is always `N passed, N failed`;
# the exit code is 0 only when every step went well and at least one test ran. Reports go to artifacts/test/.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

readonly minimum_coverage=80
readonly hang_timeout=3m # for one test, not for the run
readonly results=artifacts/test
readonly node_limit=400 # seconds for the Node tests of one folder; Brain's start relays, and take a minute

passed=0 failed=0 problems=()
trap finish EXIT

main() {
  rm -rf "$results"
  mkdir -p "$results"

  step "tools" need_tools || return
  step "restore" dotnet restore relay.sln || return
  step "format" dotnet format relay.sln --verify-no-changes --no-restore || echo "make format puts it right."
  step "build" build || return
  step "tests" run_tests
  count_tests
  step "brain" test_node deploy/brain
  step "front end" test_node frontend
  step "coverage" check_coverage
}

# step NAME COMMAND…: runs it, says how long it took, keeps its failure for the end.
step() {
  local name=$1 start=$SECONDS
  shift
  printf '\n== %s\n' "$name"
  if "$@" </dev/null; then
    echo "-- $name: $((SECONDS - start)) s"
  else
    problems+=("$name")
    echo "-- $name: FAILED after $((SECONDS - start)) s"
    return 1
  fi
}

finish() {
  if ((${#problems[@]} > 0)); then
    printf '\nFailed:'
    printf ' [%s]' "${problems[@]}"
    echo
  fi
  printf '%d passed, %d failed\n' "$passed" "$failed"
  # The code is said outright: a bare `exit` in a trap would end with the status of whatever came before it.
  if ((${#problems[@]} == 0 && failed == 0 && passed > 0)); then exit 0; else exit 1; fi
}

need_tools() {
  if ! command -v dotnet >/dev/null; then
    echo "Missing: the .NET 10 SDK (https://dotnet.microsoft.com/download)."
    return 1
  fi
  dotnet --version || return
  if ! command -v redis-server >/dev/null; then
    install_redis || return
  fi
  redis-server --version
  if ! find_postgres >/dev/null; then
    install_postgres || return
  fi
  "$(find_postgres)" --version
}

install_redis() {
  if ! can_install; then
    echo "Missing: redis-server, which the tests start themselves. On Debian: sudo apt-get install redis-server"
    return 1
  fi
  install_packages redis-server
  command -v redis-server >/dev/null || { echo "Missing: redis-server, and apt-get could not install it."; return 1; }
}

# Where the package puts it, which is not in the PATH; the newest.
find_postgres() {
  local newest
  newest=$(find /usr/lib/postgresql -maxdepth 3 -path '*/bin/postgres' 2>/dev/null | sort -V | tail -n 1)
  if [[ -n $newest ]]; then echo "$newest"; else command -v postgres; fi
}

install_postgres() {
  if ! can_install; then
    echo "Missing: PostgreSQL, which the tests start themselves. On Debian: sudo apt-get install postgresql"
    return 1
  fi
  install_packages postgresql
  find_postgres >/dev/null || { echo "Missing: PostgreSQL, and apt-get could not install it."; return 1; }
}

can_install() {
  [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null
}

# install_packages NAME…
install_packages() {
  # The tests start their own servers on free ports: a package's service is not to start.
  local policy=/usr/sbin/policy-rc.d
  if [[ -e $policy ]]; then policy=''; else printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"; fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q || echo "apt-get update failed; trying with the lists that are here."
  apt-get install -y -q --no-install-recommends "$@"
  [[ -z $policy ]] || rm -f "$policy"
}

# From nothing each time, since an older build would lack what coverlet needs, and the report would then be empty without a word:
# PreserveCompilationContext, to find the types of the shared framework that attributes such as [LoggerMessage] use;
# no ContinuousIntegrationBuild, which puts /_/ for the paths of the sources.
build() {
  dotnet build relay.sln -c Release --no-restore --no-incremental -p:PreserveCompilationContext=true -p:ContinuousIntegrationBuild=false
}

run_tests() {
  dotnet test relay.sln -c Release --no-build \
    --settings .config/coverage.runsettings --collect "XPlat Code Coverage" \
    --blame-hang-timeout "$hang_timeout" --blame-hang-dump-type none \
    --results-directory "$results" --logger "trx;LogFilePrefix=tests" --logger "console;verbosity=normal"
}

# Sums what the trx files say; a run that ended early has counted up to there.
count_tests() {
  local counted skipped
  counted=$(find "$results" -name '*.trx' -exec cat {} + | awk '
    function value(name) { return match($0, " " name "=\"[0-9]+\"") ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4) : 0 }
    /<Counters / {
      total += value("total"); passed += value("passed")
      failed += value("failed") + value("error") + value("timeout") + value("aborted")
    }
    END { printf "%d %d %d", passed, failed, total - passed - failed }')
  read -r passed failed skipped <<<"$counted"

  # Of a run that was cut (a hang, a crash) the trx files leave out the tests that were under way.
  local cut
  cut=$(find "$results" -mindepth 2 -maxdepth 2 -name 'Sequence_*.xml' -exec grep -h 'Completed="False"' {} + | sed -E 's/.* Name="([^"]*)".*/did not end: \1/')
  if [[ -n $cut ]]; then
    echo "$cut"
    failed=$((failed + $(wc -l <<<"$cut")))
  fi

  ((skipped == 0)) || echo "$skipped skipped"
  if ((passed + failed == 0)); then
    echo "No test ran."
    problems+=("no test ran")
  fi
}

# test_node FOLDER: what is written for Node. The relay is .NET, so whoever works on it without Node goes without these.
test_node() {
  if ! command -v npm >/dev/null; then
    can_install || { echo "Left out, as there is no npm: the tests of $1. On Debian: sudo apt-get install nodejs npm"; return; }
    install_packages nodejs npm
    command -v npm >/dev/null || { echo "Missing: npm, and apt-get could not install it."; return 1; }
  fi
  node --version
  local top=$PWD report=$PWD/$results/${1//\//-}.tap code=0
  (
    cd "$1" && npm ci --no-audit --no-fund &&
      RELAY_DLL=$top/Relay/bin/Release/net10.0/Relay.dll timeout "$node_limit" npm test -- \
        --test-reporter=spec --test-reporter-destination=stdout --test-reporter=tap --test-reporter-destination="$report"
  ) || code=1
  count_node "$report" || code=1
  return "$code"
}

# Adds what the report says at its end.
count_node() {
  local counted=()
  [[ -f $1 ]] && read -r -a counted < <(awk '/^# (pass|fail|cancelled|skipped) / { n[$2] = $3 } END { if ("pass" in n) print n["pass"], n["fail"] + n["cancelled"], n["skipped"] }' "$1")
  ((${#counted[@]} == 3)) || { echo "The tests did not come to their end."; return 1; }
  passed=$((passed + counted[0]))
  failed=$((failed + counted[1]))
  ((counted[2] == 0)) || echo "${counted[2]} skipped"
}

# The ten files with most uncovered lines, then the figure for the whole of Relay/, which must not be below the minimum.
check_coverage() {
  local report
  report=$(find "$results" -mindepth 2 -maxdepth 2 -name coverage.cobertura.xml)
  [[ -f $report ]] || { echo "Expected one coverage report, found: ${report:-none}"; return 1; }
  mv "$report" "$results/coverage.cobertura.xml"
  report=$results/coverage.cobertura.xml

  lines_by_file "$report" | awk '$1 > $2 { printf "%5d uncovered of %5d  %s\n", $1 - $2, $1, $3 }' | sort -rn | awk 'NR <= 10'
  lines_by_file "$report" | awk -v minimum="$minimum_coverage" '
    { lines += $1; covered += $2 }
    END {
      if (lines == 0) { print "The coverage report is empty."; exit 1 }
      percent = 100 * covered / lines
      printf "Line coverage of Relay: %.1f %% (%d of %d), at least %d %% wanted\n", percent, covered, lines, minimum
      exit percent < minimum
    }'
}

# "LINES COVERED FILE" for each source file. A file has several classes in the report; each line of it counts once, and is covered if any of them hit it.
lines_by_file() {
  awk '
    function value(name) { return match($0, " " name "=\"[^\"]*\"") ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4) : "" }
    /<class / { file = value("filename") }
    /<methods>/ { inside_methods = 1 }
    /<\/methods>/ { inside_methods = 0 }
    /<line / && !inside_methods { line = file "\t" value("number"); hits[line] += value("hits") }
    END {
      for (line in hits) { split(line, part, "\t"); lines[part[1]]++; if (hits[line] > 0) covered[part[1]]++ }
      for (file in lines) print lines[file], covered[file] + 0, file
    }' "$1"
}

main
