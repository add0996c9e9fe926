#!/bin/sh
# Measures the emulator next to the floor and the peers of ../shared/perf (where they are), in turn, and writes one page.
#   tools/bench.sh [PAGE]           default: artifacts/bench/bench.md
# ROUNDS=5        so many rounds; each visits every capture with every program, one after the other
# CAPTURES="..."  of hot64 mix64 z64 imix 1500
# DIR=...         where captures and programs are made: 1.1 GB, default /dev/shm/dataplane-perf
# CORE=1          the core that both are bound to, where taskset is there
# INSTRUCTIONS=0  leaves out callgrind, which takes two minutes
# Nothing here fails for being slow: the only gate is allocated bytes, which the tests measure (bench/budgets.json).
set -eu
cd "$(dirname "$0")/.."

page=${1:-artifacts/bench/bench.md}
rounds=${ROUNDS:-5}
captures=${CAPTURES:-hot64 mix64 z64 imix 1500}
dir=${DIR:-/dev/shm/dataplane-perf}
core=${CORE:-1}
shared=$(cd .. && pwd)/shared/perf
if [ ! -d "$shared" ] && git rev-parse --git-common-dir >/dev/null 2>&1; then
    # A worktree stands elsewhere than the repository that it belongs to.
    shared=$(cd "$(git rev-parse --git-common-dir)/../.." && pwd)/shared/perf
fi
program=artifacts/bin/Dataplane.Cli/release/dataplane.dll
loops=13
first=3
samples=$(mktemp)
trap 'rm -f "$samples"' EXIT

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 LC_ALL=C
# Captures of 1514 bytes have DF set: the underlay takes them with their tunnel.
options="--cni flannel --proxy ebpf --node n0 --set mtu.underlay=1600"

say() { echo "tools/bench.sh: $1" >&2; }

bound() { if command -v taskset >/dev/null; then taskset -c "$core" "$@"; else "$@"; fi; }

# Nanoseconds a packet of the loops from $first on, their median; from a report of replay on stdin.
loops_of()
{
    awk -v first="$first" '
        /"loops": \[/ { inside = 1 }
        inside && /"packets":/ { gsub(/[^0-9]/, "", $2); packets = $2 }
        inside && /"elapsedSeconds":/ { gsub(/[^0-9.eE-]/, "", $2); if (++n >= first) print $2 * 1e9 / packets }
        inside && /\]/ { exit }' | median
}

median() { sort -g | awk '{ v[NR] = $1 } END { if (NR) print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }

sample() { if [ -n "$3" ]; then printf '%s %s %s\n' "$1" "$2" "$3" >>"$samples"; fi; }

measure()
{
    capture=$1
    if [ -x "$dir/floor" ]; then
        sample "$capture" floor "$(bound "$dir/floor" "$dir/$capture.pcap" | awk '$1 == "FLOOR" { print $2 }')"
    fi

    report=$(bound dotnet "$program" replay -f "$dir/cluster.json" -r "$dir/$capture.pcap" $options --preload --loop $loops -o json 2>/dev/null)
    sample "$capture" dataplane "$(echo "$report" | loops_of)"
    sample "$capture" first "$(echo "$report" | first_loop_of)"
    sample "$capture" allocated "$(echo "$report" | awk '/"allocatedBytes":/ { gsub(/[^0-9]/, "", $2); print $2; exit }')"
}

# The first loop alone: first packets and the compiler's work, too.
first_loop_of()
{
    awk '/"loops": \[/ { inside = 1 }
        inside && /"packets":/ { gsub(/[^0-9]/, "", $2); packets = $2 }
        inside && /"elapsedSeconds":/ { gsub(/[^0-9.eE-]/, "", $2); print $2 * 1e9 / packets; exit }'
}

# To a file, and the machine's own cost of that: walk's row for a new file.
measure_file()
{
    capture=$1
    if [ -x "$dir/walk" ]; then
        sample "$capture" new-file "$(bound "$dir/walk" "$dir/$capture.pcap" "$dir/out.walk" 2>/dev/null | awk '/^copy\+50B encap -> fresh/ && match($0, /median +[0-9.]+/) {
            split(substr($0, RSTART, RLENGTH), word, / +/); print word[2]; exit }')"
    fi

    for format in pcap pcapng; do
        rm -f "$dir/out.$format"
        sample "$capture" "to-$format" "$(bound dotnet "$program" replay -f "$dir/cluster.json" -r "$dir/$capture.pcap" $options --preload --loop 4 \
            -w "$dir/out.$format" -o json 2>/dev/null | first=2 loops_of)"
        rm -f "$dir/out.$format"
    done
}

build()
{
    say "building dataplane"
    dotnet build -c Release src/Dataplane.Cli --nologo -v quiet -clp:NoSummary >&2
    mkdir -p "$dir" "$(dirname "$page")"
    if [ ! -d "$shared" ]; then say "no $shared: without the floor"; return; fi
    if ! command -v gcc >/dev/null; then say "no gcc: without the floor"; return; fi

    gcc -O3 -march=native -w "$shared/floor.c" -o "$dir/floor"
    gcc -O2 -w "$shared/genpcap.c" -o "$dir/genpcap" -lm
    gcc -O3 -march=native -w "$shared/walk.c" -o "$dir/walk" -lpcap 2>/dev/null || say "walk not built: needs libpcap-dev"
    python3 "$shared/cluster.py" >"$dir/cluster.json"
    python3 "$shared/cluster.py" 1000 >"$dir/few.json"
    make_capture hot64 1000000 60 1000 1000
    make_capture mix64 1000000 60 1000000 10000
    make_capture imix 1000000 imix 1000000 10000
    make_capture 1500 300000 1514 1000000 10000
    [ -e "$dir/z64.pcap" ] || "$dir/genpcap" "$dir/z64.pcap" 1000000 60 1000000 10000 zipf mix >&2
    [ -e "$dir/few64.pcap" ] || "$dir/genpcap" "$dir/few64.pcap" 20000 60 1000 1000 uniform mix >&2
}

make_capture() { [ -e "$dir/$1.pcap" ] || "$dir/genpcap" "$dir/$1.pcap" "$2" "$3" "$4" "$5" uniform mix >&2; }

# What others' programs are built with is not always there; each says what it lacks.
peers()
{
    if [ ! -d "$shared/peers" ]; then return; fi

    echo; echo "## Peers"; echo
    if pkg-config --exists libdpdk 2>/dev/null; then
        # shellcheck disable=SC2046
        gcc -O3 -march=native -w "$shared/peers/dpdk-app.c" -o "$dir/dpdk-app" $(pkg-config --cflags --libs libdpdk) &&
            block "DPDK: services and connections in rte_hash, DNAT, VXLAN; no states, no policy, no outer checksum" \
                "$dir/dpdk-app" --no-huge -m 2048 --no-pci -- "$dir/mix64.pcap"
    else
        echo "- DPDK (\`peers/dpdk-app.c\`): not built: needs libdpdk-dev"
    fi

    if [ -e /usr/include/bpf/libbpf.h ] && command -v clang >/dev/null && [ "$(id -u)" = 0 ]; then
        clang -O2 -g -target bpf -mcpu=v3 -I"/usr/include/$(uname -m)-linux-gnu" -c "$shared/peers/svc.bpf.c" -o "$dir/svc.o" &&
            gcc -O2 -w "$shared/peers/bpf-run.c" -o "$dir/bpf-run" -lbpf -lm &&
            block "XDP (BPF_PROG_TEST_RUN): services, LRU connections, VXLAN; 23 to 38 ns of it are the harness" "$dir/bpf-run" "$dir/svc.o"
    else
        echo "- XDP (\`peers/svc.bpf.c\`): not run: needs root, clang and libbpf-dev"
    fi
}

block()
{
    echo "$1"; shift
    echo; echo '```'
    bound timeout 120 "$@" 2>&1 | tail -40 || true
    echo '```'
}

# By how many instructions ten loops more of the same 20,000 packets take: what starting takes falls out.
instructions()
{
    if [ "${INSTRUCTIONS:-1}" = 0 ] || [ ! -e "$dir/few64.pcap" ]; then return; fi
    if ! command -v valgrind >/dev/null; then say "no valgrind: instructions are not counted"; return; fi

    few=$(counted 2) many=$(counted 12)
    if [ -n "$few" ] && [ -n "$many" ]; then echo $(((many - few) / 200000)); fi
}

counted()
{
    DOTNET_TieredCompilation=0 DOTNET_EnableWriteXorExecute=0 valgrind --tool=callgrind --callgrind-out-file=/dev/null \
        dotnet "$program" replay -f "$dir/few.json" -r "$dir/few64.pcap" $options --preload --loop "$1" -o json 2>&1 >/dev/null |
        awk '/Collected :/ { print $4 }'
}

# A figure of budgets.json: budget ratioToFloor hot64 gives "1.0 1.6".
budget()
{
    awk -v group="\"$1\":" -v name="\"$2\":" 'index($0, group) { inside = 1 }
        inside && index($0, name) { sub(/.*\[/, ""); sub(/\].*/, ""); gsub(/,/, " "); print; exit }
        inside && /^  }/ { exit }' bench/budgets.json
}

# Median, least and most of what was sampled.
figures()
{
    awk -v capture="$1" -v program="$2" '$1 == capture && $2 == program { print $3 }' "$samples" | sort -g |
        awk '{ v[NR] = $1 } END { if (NR) printf "%.1f %.1f %.1f", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2, v[1], v[NR] }'
}

# The same of one program by another, round by round: what disturbed a round disturbed both.
ratios()
{
    awk -v capture="$1" -v ours="$2" -v theirs="$3" '
        $1 == capture && $2 == ours { a[++n] = $3 } $1 == capture && $2 == theirs { b[++m] = $3 }
        END { for (i = 1; i <= n && i <= m; i++) print a[i] / b[i] }' "$samples" | sort -g |
        awk '{ v[NR] = $1 } END { if (NR) printf "%.2f %.2f %.2f", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2, v[1], v[NR] }'
}

# "median (least to most)"
shown() { echo "$1" | awk 'NF == 3 { printf "%s (%s–%s)", $1, $2, $3; exit } { printf "–" }'; }

verdict()
{
    echo "$1 $2" | awk 'NF == 5 { printf "%s–%s: %s", $4, $5, ($1 > $5 ? "above" : ($1 < $4 ? "below" : "within")); exit } { printf "–" }'
}

write_page()
{
    echo "# dataplane, next to the floor"
    echo
    echo "$(date -u +%Y-%m-%d) · $(git describe --always --dirty 2>/dev/null || echo "no git") · $rounds rounds in turn, median (least–most) · nanoseconds a packet"
    echo
    echo "- machine: $(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo), $(nproc) cores, $(awk '/^MemTotal/ { printf "%.1f GiB", $2 / 1048576 }' /proc/meminfo), $(uname -sr)"
    echo "- .NET $(dotnet --version), tiered compilation as built; $(gcc --version 2>/dev/null | head -1)"
    echo "- load at the start: $load"
    echo "- an emulator's nanoseconds are never a kernel's; both run on core $core, one thread"
    echo
    echo "| capture | floor | dataplane | ratio, round by round | range | first loop | allocated bytes |"
    echo "|---|---|---|---|---|---|---|"
    for capture in $captures; do
        ratio=$(ratios "$capture" dataplane floor)
        echo "| $capture | $(shown "$(figures "$capture" floor)") | $(shown "$(figures "$capture" dataplane)") | $(shown "$ratio") | $(verdict "$ratio" "$(budget ratioToFloor "$capture")") | $(shown "$(figures "$capture" first)") | $(figures "$capture" allocated | awk '{ print $3 + 0 }') |"
    done

    echo
    echo "The floor leaves out states and timeouts, policy, replies, fragments, IPv6, statistics and latency, which dataplane does. First loop: first"
    echo "packets of flows, and the compiler's work. Allocated bytes: the most of any round, whole run."
    echo
    echo "| to a file, capture | a new file alone (walk) | .pcap | ratio | range | .pcapng |"
    echo "|---|---|---|---|---|---|"
    for capture in $captures; do
        case $capture in hot64|imix) ;; *) continue ;; esac
        ratio=$(ratios "$capture" to-pcap new-file)
        echo "| $capture | $(shown "$(figures "$capture" new-file)") | $(shown "$(figures "$capture" to-pcap)") | $(shown "$ratio") | $(verdict "$ratio" "$(budget ratioToNewFile "$capture")") | $(shown "$(figures "$capture" to-pcapng)") |"
    done

    if [ -n "$counted" ]; then
        echo
        echo "Instructions a packet, hot64 (valgrind --tool=callgrind, DOTNET_TieredCompilation=0, so that the code is the same every time; AVX2 at most): **$counted** ($(verdict "$counted $counted $counted" "$(budget instructionsPerPacket hot64)"))"
    fi

    peers
    echo
    echo "## Commands"
    echo
    echo '```sh'
    echo "$dir/floor $dir/CAPTURE.pcap                # the line FLOOR"
    echo "dataplane replay -f cluster.json -r CAPTURE.pcap $options --preload --loop $loops -o json    # loops $first to $loops, their median"
    echo "dataplane replay -f cluster.json -r CAPTURE.pcap $options --preload --loop 4 -w out.pcap     # loops 2 to 4"
    echo '```'
}

load=$(cut -d' ' -f1-3 /proc/loadavg)
build
if [ ! -e "$dir/cluster.json" ]; then
    say "no captures without $shared: dataplane bench pipeline and bench latency measure without it"
    exit 2
fi

round=1
while [ "$round" -le "$rounds" ]; do
    say "round $round of $rounds"
    for capture in $captures; do
        measure "$capture"
        case $capture in hot64|imix) measure_file "$capture" ;; esac
    done
    round=$((round + 1))
done

counted=$(instructions)
write_page >"$page"
say "page: $page"
