#!/bin/sh
# Builds everything with warnings as errors, checks the formatting, runs every test, and ends with
# "N passed, N failed, N skipped". Needs the .NET SDK of global.json; as root it installs what the oracle tests use.
# Arguments go to the test runner: tools/test.sh --filter-class Dataplane.Tests.Golden.FairFrameTests
set -eu
cd "$(dirname "$0")/.."

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
reports=artifacts/test-reports

fail()
{
    echo "tools/test.sh: $1" >&2
    exit 1
}

# Package names of the programs that are missing.
missing_packages()
{
    command -v tshark >/dev/null || echo tshark
    command -v ip >/dev/null || echo iproute2
    command -v iptables >/dev/null || echo iptables
    command -v ethtool >/dev/null || echo ethtool
    command -v ovs-vswitchd >/dev/null || echo openvswitch-switch
    # Linux 6.1 as a process, for IPVS, IPIP and Geneve: where Debian has it.
    if [ "$(uname -m)" = x86_64 ]; then
        command -v linux.uml >/dev/null || echo user-mode-linux
        command -v ipvsadm >/dev/null || echo ipvsadm
        command -v ipset >/dev/null || echo ipset
        command -v modprobe >/dev/null || echo kmod
        command -v python3 >/dev/null || echo python3-minimal
    fi
}

install_missing()
{
    packages=$(missing_packages)
    if [ -z "$packages" ]; then return; fi

    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "tools/test.sh: without" $packages "the tests that need them are skipped" >&2
        return
    fi

    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086
    apt-get install -qq -y --no-install-recommends $packages >/dev/null 2>&1 ||
        { apt-get update -qq && apt-get install -qq -y --no-install-recommends $packages >/dev/null; } ||
        echo "tools/test.sh: could not install" $packages >&2
}

# The value of an attribute, summed over all <assembly> elements of the report.
count()
{
    awk -v RS='<' -v name="$1" '
        /^assembly / && match($0, " " name "=\"[0-9]+\"") {
            value = substr($0, RSTART, RLENGTH); gsub(/[^0-9]/, "", value); sum += value
        }
        END { print sum + 0 }' "$reports/tests.xml"
}

# Fails when a class of tests/must-run.txt has no test that ran, or one that was skipped.
check_must_run()
{
    while read -r class; do
        case $class in ''|'#'*) continue ;; esac
        awk -v RS='<' -v class="$class" '
            /^test / && index($0, " type=\"" class "\"") {
                if (index($0, " result=\"Skip\"")) skipped++; else ran++
            }
            END { if (skipped || !ran) { printf "must run: %s: %d ran, %d skipped\n", class, ran, skipped; exit 1 } }
        ' "$reports/tests.xml" >&2 || return 1
    done <tests/must-run.txt
}

command -v dotnet >/dev/null || fail "no dotnet on PATH: install the .NET SDK that global.json names"
install_missing

dotnet build Dataplane.sln -c Release --nologo -v quiet -clp:NoSummary
if [ $# = 0 ]; then
    dotnet format Dataplane.sln --verify-no-changes --no-restore || fail "formatting differs: run dotnet format"
fi

rm -rf "$reports"
status=0
dotnet run --no-build -c Release --project tests -- --results-directory "$reports" \
    --report-xunit-xml --report-xunit-xml-filename tests.xml "$@" || status=$?
[ -s "$reports/tests.xml" ] || fail "the test runner ended with $status and wrote no report"

if [ "${CI:-}" = true ] && [ $# = 0 ] && ! check_must_run; then status=1; fi

failed=$(($(count failed) + $(count errors)))
if [ "$status" = 0 ] && [ "$failed" != 0 ]; then status=1; fi
echo "$(count passed) passed, $failed failed, $(count skipped) skipped"
exit "$status"
