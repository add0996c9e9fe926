#!/bin/sh
# Feeds hostile bytes to the readers and to the whole pipeline: tools/fuzz.sh TARGET SECONDS, or all SECONDS (for each target).
# Builds, instruments copies of the assemblies (SharpFuzz) and runs AFL++ on them; without AFL++, or with FUZZ_ENGINE=mutate,
# seeded mutations without coverage. Prints executions, edges, crashes and hangs; inputs are kept in artifacts/fuzz/TARGET.
# Exit code 1: something crashed or hung.
set -eu
cd "$(dirname "$0")/.."
if [ $# != 2 ]; then
    sed -n '2,5s/^# //p' "$0" >&2
    exit 2
fi

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
seconds=$2
work=artifacts/fuzz
plain=artifacts/bin/Dataplane.Fuzz/release
fuzz="dotnet $plain/Dataplane.Fuzz.dll"

dotnet build fuzz -c Release --nologo -v quiet -clp:NoSummary
engine=${FUZZ_ENGINE:-afl}
if [ "$engine" = afl ] && ! command -v afl-fuzz >/dev/null; then
    echo "tools/fuzz.sh: no afl-fuzz (Debian: afl++); mutations without coverage instead" >&2
    engine=mutate
fi

# The instrumented assemblies must be the built ones: they are copied anew each time.
instrument()
{
    rm -rf "$work/bin"
    mkdir -p "$work"
    cp -r "$plain" "$work/bin"
    dotnet tool restore >/dev/null
    for part in Wire Core Capture Cluster Engines Pipeline Replay; do
        dotnet sharpfuzz "$work/bin/Dataplane.$part.dll" >/dev/null
    done
}

stat()
{
    sed -n "s/^$1 *: //p" "$2"
}

# Seeds that crash are kept and counted, not refused.
start_afl()
{
    AFL_SKIP_BIN_CHECK=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_NO_UI=1 AFL_FORKSRV_INIT_TMOUT=60000 \
        AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_IGNORE_SEED_PROBLEMS=1 AFL_CRASHING_SEEDS_AS_NEW_CRASH=1 \
        DOTNET_TieredPGO=0 DOTNET_gcServer=0 DOTNET_GCHeapHardLimit=0x40000000 \
        afl-fuzz -V "$seconds" -i "$folder/seeds" -o "$folder" -t 20000 -m none \
        -- dotnet "$work/bin/Dataplane.Fuzz.dll" afl "$1" >"$folder/log" 2>&1
}

run_afl()
{
    folder=$work/$1
    rm -rf "$folder"
    $fuzz seeds "$1" "$folder/seeds"
    # Now and then AFL++ sees nothing of the first run and gives up; most times another attempt works.
    for attempt in 1 2 3; do
        status=0
        start_afl "$1" || status=$?
        grep -q "No instrumentation detected" "$folder/log" || break
        echo "$1: the first run was not seen, attempt $attempt" >&2
    done
    stats=$folder/default/fuzzer_stats
    if [ ! -s "$stats" ]; then
        tail -n 20 "$folder/log" >&2
        echo "$1: afl-fuzz ended with $status before its first statistics" >&2
        return 1
    fi
    crashes=$(stat saved_crashes "$stats")
    hangs=$(stat saved_hangs "$stats")
    # One process runs all inputs: what hangs it, or ends it, ends AFL++, too, which does not call that a hang.
    if grep -q "PROGRAM ABORT" "$folder/log"; then
        cp "$folder/default/.cur_input" "$folder/ended-by"
        echo "$1: an input hung or ended the process: $folder/ended-by" >&2
        hangs=$((hangs + 1))
    fi
    echo "$1: $(stat execs_done "$stats") executions, $(stat edges_found "$stats") edges, $crashes crashes, $hangs hangs ($(stat run_time "$stats") s)"
    [ "$crashes" = 0 ] && [ "$hangs" = 0 ]
}

run()
{
    if [ "$engine" = afl ]; then run_afl "$1"; else $fuzz mutate "$1" "$seconds" "$work/$1"; fi
}

targets=$1
if [ "$1" = all ]; then targets=$($fuzz list); fi
if [ "$engine" = afl ]; then instrument; fi
failed=0
for target in $targets; do run "$target" || failed=1; done
exit $failed
