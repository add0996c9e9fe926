#!/bin/sh
# Runs all kinds of captures through all kinds of clusters in one process, again and again: tools/soak.sh [SECONDS] (default: 600).
# Manifests are read anew each time; counts must stay what they were, memory flat, and no handle may be left open. Captures of
# ../shared/suites/pcaps join in where they are there. Prints a line a round. Exit code 1: a fault.
set -eu
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
dotnet build bench -c Release --nologo -v quiet -clp:NoSummary
folder=../shared/suites/pcaps
if [ ! -d "$folder" ]; then folder=; fi
exec dotnet artifacts/bin/Dataplane.Bench/release/Dataplane.Bench.dll soak "${1:-600}" $folder
