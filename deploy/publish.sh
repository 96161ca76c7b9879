#!/usr/bin/env bash
# Compiles the relay to a native executable, artifacts/publish/Relay, which does not need .NET. Run by `make publish`. Needs the SDK, clang and zlib1g-dev.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v clang >/dev/null || { echo "clang is missing. On Debian: sudo apt-get install clang zlib1g-dev"; exit 1; }
rm -rf artifacts/publish
dotnet publish Relay -c Release --use-current-runtime -p:PublishAot=true -o artifacts/publish --nologo -v q
rm -f artifacts/publish/Relay.staticwebassets.endpoints.json
ls -lh artifacts/publish/Relay | awk '{ print $9 ": " $5 "B" }'
