#!/bin/sh
# Publishes dataplane as one file that needs no .NET beside it: tools/publish.sh [RUNTIME...], without one linux-x64 and
# linux-arm64. Prints each file's size and, where this machine can run it, how long a replay of ten packets takes from
# start to end (median of 11 runs). The runtimes come from NuGet.
set -eu
cd "$(dirname "$0")/.."
if [ "${1:-}" = --help ]; then
    sed -n '2,4s/^# //p' "$0"
    exit
fi

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
runs=11

# This machine, as .NET calls it.
here()
{
    case $(uname -sm) in
        'Linux x86_64') echo linux-x64 ;;
        'Linux aarch64') echo linux-arm64 ;;
        *) echo other ;;
    esac
}

# Everything is compiled ahead of time. Not trimmed: what reads YAML and writes JSON asks types for their members.
publish()
{
    dotnet publish src/Dataplane.Cli -c Release -r "$1" --self-contained -o "artifacts/publish/$1" --nologo -v quiet \
        -p:PublishSingleFile=true -p:PublishReadyToRun=true \
        -p:DebugType=embedded -p:GenerateDocumentationFile=false
}

# Milliseconds of one run.
milliseconds()
{
    start=$(date +%s%N)
    "$@" >/dev/null 2>&1
    echo $((($(date +%s%N) - start) / 1000000))
}

median()
{
    for run in $(seq $runs); do milliseconds "$@"; done | sort -n | sed -n "$(((runs + 1) / 2))p"
}

[ $# -gt 0 ] || set -- linux-x64 linux-arm64
for runtime; do
    publish "$runtime"
    file=artifacts/publish/$runtime/dataplane
    size=$(($(wc -c <"$file") / 1048576))
    if [ "$runtime" = "$(here)" ]; then
        time=$(median "$file" replay -f pcaps/two-nodes/manifests.yaml -r pcaps/two-nodes/pod.pcap.gz -c 10)
        echo "$file: $size MiB, $time ms"
    else
        echo "$file: $size MiB, not run on this machine"
    fi
done
